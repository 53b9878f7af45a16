"""Whom does a document tell how to reach? Contacts of lists, tables, lines and contact sheets in fences.

A contact tells how someone is reached: a number, an address, a handle, a channel. Below a heading of contacts a bold
name in a list is someone too, however they are reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tocsin.respond.runbooks.document import Contact
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Grid, Paragraph, Part, Quote
from tocsin.respond.runbooks.reading.facts.cells import cell, is_reach, level_of
from tocsin.respond.runbooks.reading.facts.columns import Columns, meanings_of
from tocsin.respond.runbooks.reading.facts.flow import Placed, lines_in, named, placed, split_note
from tocsin.respond.runbooks.reading.facts.rota import says_rota, shift_of
from tocsin.respond.runbooks.reading.facts.severities import says_severity
from tocsin.respond.runbooks.reading.facts.tables import use_of
from tocsin.respond.runbooks.reading.headings import plain, role_of, title_of

_TEXTS = frozenset({"", "text", "txt", "plain", "plaintext"})
_NAMES_THEM = re.compile(
    r"\bcontacts?\b|who to (?:call|contact)|聯絡|联络|聯繫|联系|通訊錄|通讯录", re.IGNORECASE
)
_GENERAL = re.compile(
    rf"{_NAMES_THEM.pattern}|\brota\b|rotation|schedule|\bshifts?\b|輪|轮|排班|班表", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"^[\[<【][^\[\]<>]{0,80}[\]>】]$")
_TREE = re.compile(r"[\u2500-\u257f\u2190-\u21ff]")


def contacts_of(root: Part) -> list[Contact]:
    """Everyone whom the document tells how to reach, in its order."""
    contacts: list[Contact] = []
    for at in placed(root):
        if isinstance(at.each, Grid):
            contacts.extend(_contacts_of_grid(at.each, at.role))
        elif isinstance(at.each, Fence):
            if people_in_fence(at.each):
                contacts.extend(_contacts_of_sheet(at.each))
        elif isinstance(at.each, Part) or says_severity(at.heading):
            continue
        elif (told := at.below("contacts", _NAMES_THEM)) or at.role == "escalation" or says_rota(at.heading):
            contacts.extend(_contacts_in([at.each], _owner(at), trusted=told))
    return contacts


def _owner(at: Placed) -> str:
    """The person whose numbers stand here: the nearest heading that is no word for contacts or a rota."""
    named_so = (each for each in (at.heading, *reversed(at.above)) if not _is_general(each))
    return title_of(next(named_so, ""))


def _is_general(heading: str) -> bool:
    return not heading or role_of(heading) is not None or _GENERAL.search(heading) is not None


def _contacts_in(blocks: Sequence[Block], owner: str, *, trusted: bool) -> Iterator[Contact]:
    """Contacts of lists and lines; `owner` is the person whose numbers stand there, `trusted` where each bold name of a
    list is someone, however they are reached.
    """
    for block in blocks:
        if isinstance(block, Bullets):
            for item in block.items:
                first = item.text.split("\n", 1)[0]
                found = _contact(first, item.line, owner, trusted=trusted)
                if found is not None:
                    yield found
                inner = [each for each in item.blocks if not isinstance(each, Paragraph)]
                yield from _contacts_in(
                    inner, title_of(first) if found is None else found.name, trusted=False
                )
        elif isinstance(block, Quote):
            yield from _contacts_in(block.blocks, owner, trusted=False)
        elif isinstance(block, Paragraph):
            for line in lines_in([block]):
                found = _contact(line.text, line.line, owner, trusted=False)
                if found is not None:
                    yield found


def _contact(text: str, line: int, owner: str, *, trusted: bool) -> Contact | None:
    said = named(text)
    if (
        said is None
        or not said.value
        or level_of(said.name) is not None
        or shift_of(text, line, trusted=True)
    ):
        return None
    if _PLACEHOLDER.match(said.value) or not (is_reach(said.value) or (trusted and said.bold)):
        return None
    reach, about = _reach(said.value)
    if owner and "reach" in meanings_of(said.name):
        return Contact(name=owner, line=line, reach=reach, about=about or said.name)
    return Contact(name=said.name, line=line, reach=reach, about=about)


def _reach(value: str) -> tuple[str, str]:
    """How someone is reached, and what for: `@dba (databases)`."""
    line = plain(value)
    reach, about = split_note(line)
    return (line, "") if is_reach(about) else (reach, about)


def _contacts_of_grid(grid: Grid, role: str) -> Iterator[Contact]:
    if use_of(grid, role) != "contacts":
        return
    columns = Columns(grid)
    where = columns.places("who", "reach")
    if where is None:
        return
    first = min(where.values()) if min(where.values()) != where["reach"] else where["who"]
    about = columns.find("about", where)
    reaches = [
        at
        for at, name in enumerate(grid.columns)
        if "reach" in meanings_of(name) and at not in (first, about)
    ]
    for row in grid.rows:
        name = plain(cell(row, first))
        reach = ", ".join(told for at in reaches if (told := plain(cell(row, at))))
        if name and reach:
            yield Contact(name=name, line=row.line, reach=reach, about=plain(cell(row, about)))


def people_in_fence(fence: Fence) -> bool:
    """Whether a fence without a language is a contact sheet: most of its lines tell who is reached how, or when."""
    if (
        fence.info.split(" ", 1)[0].lower() not in _TEXTS
        or len(fence.text) > 20_000
        or _TREE.search(fence.text)
    ):
        return False
    lines = [
        line for line in fence.text.split("\n") if line.strip() and not line.rstrip().endswith((":", "："))
    ]
    people = sum(
        1 for line in lines if _contact(line, 0, "", trusted=False) or shift_of(line, 0, trusted=True)
    )
    return people >= 2 and people * 5 >= len(lines) * 3


def _contacts_of_sheet(fence: Fence) -> Iterator[Contact]:
    for offset, line in enumerate(fence.text.split("\n")):
        found = _contact(line, fence.text_line + offset, "", trusted=False)
        if found is not None:
            yield found
