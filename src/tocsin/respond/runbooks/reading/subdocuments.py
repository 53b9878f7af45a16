"""Which documents stand inside this one? The runbooks of a file that holds several, and templates in fences.

Siblings that are numbered scenarios, or that each have sections of a runbook of their own (what is seen, what is
looked at, what is done), are runbooks; they are taken out of the document around them.
"""

from __future__ import annotations

import re
import unicodedata

from tocsin.respond.runbooks.reading.blocks import Fence, Part
from tocsin.respond.runbooks.reading.code.attributes import split_info
from tocsin.respond.runbooks.reading.headings import is_scenario, plain, role_of
from tocsin.respond.runbooks.reading.repairs import TEMPLATES

_SEEN = frozenset({"symptoms", "meaning", "impact", "detection", "cause"})
_DONE = frozenset({"diagnosis", "resolution", "procedure", "degrade"})
_COMPARED = re.compile(
    r"(?:[<>≤≥＜＞]=?|超過|超过|高於|高于|低於|低于|少於|over|above|below|under|more than|less than)\s*\d[\d.,]{0,11}"
    r"\s*(?:[%％]|[A-Za-z\u4e00-\u9fff]{1,12}(?:\s*/\s*[A-Za-z]{1,8})?)?",
    re.IGNORECASE,
)
_NOT_IN_A_SLUG = re.compile(r"[^\w\s-]")


def take_runbooks(root: Part) -> list[Part]:
    """The parts that are runbooks of their own; they no longer stand in the tree afterwards."""
    numbered: list[tuple[Part, Part]] = []
    whole: list[tuple[Part, Part]] = []
    waiting = [root]
    while waiting:
        above = waiting.pop()
        scenarios = [part for part in above.parts if is_scenario(part.heading)]
        if len(scenarios) >= 2:
            numbered.extend((above, part) for part in scenarios)
            continue
        for part in reversed(above.parts):
            if _is_whole(part):
                whole.append((above, part))
            elif role_of(part.heading) not in _DONE:
                waiting.append(part)
    found = numbered or (whole if len(whole) >= 2 else [])
    taken = {id(part) for _, part in found}
    for above in {id(above): above for above, _ in found}.values():
        above.parts = [each for each in above.parts if id(each) not in taken]
    return sorted((part for _, part in found), key=lambda part: part.line)


def _is_whole(part: Part) -> bool:
    """Whether its own headings tell what is seen and what is done about it."""
    roles = {role_of(child.heading) for child in part.parts}
    return bool(roles & _DONE) and len(roles & (_SEEN | _DONE)) >= 2


def is_template(fence: Fence) -> bool:
    """Whether a fence holds a document."""
    return split_info(fence.info)[0] in TEMPLATES


def slug_of(heading: str) -> str:
    """The name of a heading in an address, as code hosts make it."""
    line = _NOT_IN_A_SLUG.sub("", unicodedata.normalize("NFC", plain(heading)).casefold())
    return re.sub(r"\s", "-", line.strip())[:120]


def threshold_in(text: str) -> str:
    """When it is for, where a line compares something with a number: `> 5%`, `over 100 messages`."""
    found = _COMPARED.search(text[:2_000])
    return " ".join(found.group().split()) if found else ""
