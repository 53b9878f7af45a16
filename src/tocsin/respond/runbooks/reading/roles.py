"""Which roles do those have who answer, and what are their duties? Below a heading that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tocsin.respond.runbooks.document import Role
from tocsin.respond.runbooks.reading.blocks import Bullets, Grid, Paragraph, Part
from tocsin.respond.runbooks.reading.cells import cell, words
from tocsin.respond.runbooks.reading.columns import Columns
from tocsin.respond.runbooks.reading.flow import named, placed
from tocsin.respond.runbooks.reading.headings import plain, title_of

_SAYS_ROLES = re.compile(
    r"\broles?\s{0,2}(?:$|and\b|&|/|,|\(|（|:)|\bresponsibilit|\bduties\b|who does what|角色|職責|职责|分工",
    re.IGNORECASE,
)
_OTHER_ROLES = re.compile(
    r"\b(?:iam|rbac|cluster|database|db|aws|sql|postgres|permission)\b|權限|权限|資料庫|数据库", re.IGNORECASE
)
_BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)([^*\n]{1,120})(?:\*\*|__)\s*[:：]?\s*$")


def roles_of(root: Part) -> list[Role]:
    """The roles of those who answer, with their duties."""
    roles: list[Role] = []
    inside = 0  # level of the heading that says that roles follow
    open_role: Role | None = None
    for at in placed(root):
        each = at.each
        if isinstance(each, Part):
            if open_role is not None:
                roles.append(open_role)
                open_role = None
            if says_roles(each.heading):
                inside = each.level
            elif inside and each.level <= inside:
                inside = 0
            elif inside:
                open_role = Role(name=title_of(each.heading), line=each.line)
        elif inside and isinstance(each, Paragraph) and (bold := _BOLD_LINE.match(each.text)):
            if open_role is not None:
                roles.append(open_role)
            open_role = Role(name=title_of(bold.group(1)), line=each.line)
        elif inside and isinstance(each, Bullets):
            if open_role is not None:
                duties = tuple(plain(item.text.split("\n", 1)[0]) for item in each.items)
                open_role = replace(open_role, duties=(*open_role.duties, *duties))
            else:
                roles.extend(_roles_of_list(each))
        elif inside and isinstance(each, Grid):
            roles.extend(_roles_of_grid(each))
    if open_role is not None:
        roles.append(open_role)
    return [role for role in roles if role.duties]


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
