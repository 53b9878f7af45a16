"""Which roles do those have who answer, and what are their duties? Below a heading that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tocsin.respond.runbooks.document import Role
from tocsin.respond.runbooks.reading.blocks import Bullets, Grid, Paragraph, Part
from tocsin.respond.runbooks.reading.facts.cells import cell, words
from tocsin.respond.runbooks.reading.facts.columns import Columns
from tocsin.respond.runbooks.reading.facts.flow import named, placed
from tocsin.respond.runbooks.reading.headings import plain, title_of

_SAYS_ROLES = re.compile(
    r"\broles?\s{0,2}(?:$|and\b|&|/|,|\(|（|:)|\bresponsibilit|\bduties\b|who does what|角色|職責|职责|分工",
    re.IGNORECASE,
)
_OTHER_ROLES = re.compile(
    r"\b(?:iam|rbac|cluster|database|db|aws|sql|postgres|permission)\b|權限|权限|資料庫|数据库", re.IGNORECASE
)
_SAYS_LIST = re.compile(r"\broles?\b|who does what|角色|分工", re.IGNORECASE)
_SAYS_DUTIES = re.compile(r"^(?:key\s|main\s)?(?:responsibilities|duties|職責|职责)\s?[:：]?$", re.IGNORECASE)
_BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)([^*\n]{1,120})(?:\*\*|__)\s*[:：]?\s*$")


def roles_of(root: Part) -> list[Role]:
    """The roles of those who answer, with their duties."""
    gathered = _Gathered()
    for at in placed(root):
        match at.each:
            case Part():
                gathered.heading(at.each)
            case Paragraph():
                gathered.paragraph(at.each, at.heading)
            case Bullets():
                gathered.bullets(at.each)
            case Grid() if gathered.inside:
                gathered.roles.extend(_roles_of_grid(at.each))
            case _:
                pass
    gathered.close()
    return gathered.roles


class _Gathered:
    """The roles so far, and the one whose duties come next."""

    def __init__(self) -> None:
        self.roles: list[Role] = []
        self.inside = 0  # level of the heading that says that roles follow
        self._listed = False  # whether the items of a list are roles, not the duties of one
        self._open: Role | None = None

    def heading(self, part: Part) -> None:
        self.close()
        if says_roles(part.heading):
            self.inside, self._listed = part.level, _SAYS_LIST.search(plain(part.heading)) is not None
        elif self.inside and part.level <= self.inside:
            self.inside = 0
        elif self.inside:
            self._open = Role(name=title_of(part.heading), line=part.line)

    def paragraph(self, block: Paragraph, heading: str) -> None:
        """A bold line begins a role below a heading of roles; `Responsibilities:` those of the heading it is below."""
        bold = _BOLD_LINE.match(block.text)
        if _SAYS_DUTIES.match(plain(block.text)) and heading:
            self.close()
            self._open = Role(name=title_of(heading), line=block.line)
        elif self.inside and bold:
            self.close()
            self._open = Role(name=title_of(bold.group(1)), line=block.line)
        elif not self.inside:
            self.close()

    def bullets(self, block: Bullets) -> None:
        if self._open is not None:
            duties = tuple(plain(item.text.split("\n", 1)[0]) for item in block.items)
            self._open = replace(self._open, duties=(*self._open.duties, *duties))
        elif self.inside and self._listed:
            self.roles.extend(_roles_of_list(block))

    def close(self) -> None:
        if self._open is not None and self._open.duties:
            self.roles.append(self._open)
        self._open = None


def says_roles(heading: str) -> bool:
    """Whether a heading leads to the roles of people."""
    line = plain(heading)
    return _SAYS_ROLES.search(line) is not None and _OTHER_ROLES.search(line) is None


def _roles_of_list(bullets: Bullets) -> Iterator[Role]:
    for item in bullets.items:
        said = named(item.text.split("\n", 1)[0])
        inner = tuple(
            plain(each.text.split("\n", 1)[0])
            for block in item.blocks
            if isinstance(block, Bullets)
            for each in block.items
        )
        duties = (*((plain(said.value),) if said is not None and said.value else ()), *inner)
        if duties:
            name = said.name if said is not None else title_of(item.text.split("\n", 1)[0])
            yield Role(name=name, line=item.line, duties=duties)


def _roles_of_grid(grid: Grid) -> Iterator[Role]:
    where = Columns(grid).places("who", "about")
    if where is None:
        return
    for row in grid.rows:
        name, duties = plain(cell(row, where["who"])), words(cell(row, where["about"]))
        if name and duties:
            yield Role(name=name, line=row.line, duties=tuple(duties.split("\n")))
