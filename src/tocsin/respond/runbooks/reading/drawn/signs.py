"""Is anything drawn here at all, or is it a listing that a program printed?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.respond.runbooks.reading.drawn.answers import answer_of, chain, is_question
from tocsin.respond.runbooks.reading.drawn.labels import option_label
from tocsin.respond.runbooks.reading.drawn.lines import Drawn
from tocsin.respond.runbooks.reading.headings import is_attempt


def is_drawing(lines: Sequence[Drawn], raw: Sequence[str]) -> bool:
    """Whether anything is drawn, ticked, asked or offered; `raw` are the lines as they stand."""
    marks = [each.mark for each in lines]
    said = [each for each in lines if each.text and each.mark not in ("arrow", "frame")]
    if "branch" in marks or ("arrow" in marks and len(said) > 1):
        return True
    if any(text.startswith("#") for text in raw):
        return False  # a script, or a template
    if any(each.task is not None for each in lines):
        return True
    if len(said) <= 3 and any(len(chain(each.text)) > 2 for each in said):
        return True
    answers = [each for each in said if (found := answer_of(each.text)) and found.sure and found.outcome]
    if len(answers) > 1 and any(is_question(each.text) for each in said):
        return True
    options = [each for each in said if option_label(each.text) is not None]
    return len(options) > 1 or sum(1 for each in said if is_attempt(each.text)) > 1


_COMMENT = re.compile(r"\s+(?:#|←|<-|//|--|—|–|⬅)\s?.*$|\s{2,}\S.*$")
_NAME = re.compile(r"[\w.@+~*{}<>$()\[\]:=,-]{1,120}$", re.ASCII)
_FILE = re.compile(
    r"\S{1,200}(?:/|\.[A-Za-z]\w{0,9}\*?)$|\.[\w.-]{1,60}$|\S{1,100}/\S{1,100}$|\S{1,80}@v?\d\S{0,40}$"
)
_PROCESS = re.compile(r"\d{1,8}\s+\S")
_ROOT = re.compile(r"\.{1,2}/?$|(?:\.{0,2}/)?[\w.@-]{1,80}(?:/[\w.@-]{1,80}){0,12}/$")
_COUNTED = re.compile(r"\d{1,7} director(?:y|ies)(?:, \d{1,7} files?)?$")


def is_listing(lines: Sequence[Drawn]) -> bool:
    """Whether it lists files, packages or processes, as `tree` and its like print them."""
    entries = [_COMMENT.sub("", each.text) for each in lines if each.mark == "branch" and each.text]
    if not entries:
        return False
    others = [each.text for each in lines if each.mark == "text" and each.text]
    if others and (_ROOT.match(_COMMENT.sub("", others[0])) or _COUNTED.match(others[-1])):
        return True
    processes = sum(1 for each in entries if _PROCESS.match(each))
    files = sum(1 for each in entries if _FILE.match(each))
    # A bare word is a name only beside names that are nothing else.
    names = [each for each in entries if _FILE.match(each) or (files and _is_name(each))]
    return max(processes, len(names)) * 10 >= 7 * len(entries)


def _is_name(entry: str) -> bool:
    return _NAME.match(entry) is not None and answer_of(entry) is None
