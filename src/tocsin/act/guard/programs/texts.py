"""What do programs do whose arguments are a small language: awk, sed, find, fd?"""

from __future__ import annotations

import re

from tocsin.act.guard.programs.call import BUILT, Call, Judge
from tocsin.act.guard.verdict import Reason
from tocsin.act.guard.words import Word, has_flag

_LONGEST = 10_000


def _find(call: Call) -> list[Reason]:
    found: list[Reason] = []
    at = 0
    arguments = call.arguments
    while at < len(arguments):
        text = arguments[at].text
        if text == "-delete":
            found.append(
                call.reason("destroy", "removes what it finds", "look at the list without -delete first")
            )
        elif text in ("-fprint", "-fprintf", "-fls", "-fprint0"):
            found.append(call.reason("change", "writes a file"))
        elif text in ("-exec", "-execdir", "-ok", "-okdir"):
            end = at + 1
            while end < len(arguments) and arguments[end].text not in (";", "+", "\\;"):
                end += 1
            found.extend(call.guard.command(_with_names(arguments[at + 1 : end], "{}")).findings)
            at = end
        at += 1
    return found or [call.reason("read", "lists files")]


def _fd(call: Call) -> list[Reason]:
    for at, word in enumerate(call.arguments):
        if word.text in ("-x", "--exec", "-X", "--exec-batch"):
            return list(call.guard.command(_with_names(call.arguments[at + 1 :], "{}")).findings)
    return [call.reason("read", "lists files")]


def _with_names(words: tuple[Word, ...], mark: str) -> list[Word]:
    """The words of a command into which names are put in the place of a mark."""
    return [Word(each.text, each.fixed and mark not in each.text) for each in words]


_AWK_RUNS = re.compile(r"\bsystem\s*\(|\|\s*[\"'$\w]|\|\s*getline|\|&")
_AWK_WRITES = re.compile(r"\bprintf?\b[^;{}\n]{0,400}>")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.){0,2000}"|/(?:[^/\\\n]|\\.){0,2000}/')


def _awk(call: Call) -> list[Reason]:
    if has_flag(call.texts, ("-f", "--file")):
        return [call.reason("change", "runs a program that is not looked into")]
    everything = " ".join(call.texts)
    if len(everything) > _LONGEST:
        return [call.reason("destroy", f"is longer than {_LONGEST} characters")]
    if _AWK_RUNS.search(everything.replace("||", "")):
        return [call.reason("destroy", "awk starts programs that are put together at run time")]
    if _AWK_WRITES.search(_QUOTED.sub('""', everything)) or "inplace" in everything:
        return [call.reason("change", "awk writes files")]
    program = call.plain[0] if call.plain else None
    if program is not None and not program.fixed:
        return [call.reason("destroy", BUILT, "hand values over with -v name=value")]
    return [call.reason("read", "prints parts of its input")]


_SED_WRITES = re.compile(r"(?:^|[;{}/0-9$|#]\s*)[wW]\s+\S")
_SED_RUNS = re.compile(r"(?:^|[;{}]\s*|\d)e(?:\s|$)|/[gip0-9]{0,5}e[gip0-9]{0,5}(?:$|[;}])")
_SED_IN_PLACE = re.compile(r"-[nErsz]{0,6}i\S*|--in-place(?:=.*)?")


def _sed(call: Call) -> list[Reason]:
    if any(_SED_IN_PLACE.fullmatch(each) for each in call.texts):
        return [call.reason("change", "edits files in place", "sed without -i prints the result")]
    given = call.values("-e", "--expression", flags="nErsz")
    scripts = [each.text[:_LONGEST] for each in (given or call.plain[:1])]
    if any(_SED_RUNS.search(each) for each in scripts):
        return [call.reason("destroy", "sed starts programs")]
    if any(_SED_WRITES.search(each) for each in scripts):
        return [call.reason("change", "sed writes files")]
    return [call.reason("read", "prints its input, changed")]


JUDGES: dict[str, Judge] = {
    "find": _find,
    "fd": _fd,
    "fdfind": _fd,
    "awk": _awk,
    "sed": _sed,
}
