"""Is this block one step or several? A list of checks under their comments is judged check by check.

A block is taken apart only where its pieces stand alone: each is led by a comment, or is a command of its own, and
none uses what another one sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from tocsin.act.guard.names import names
from tocsin.act.guard.shell import parse, walk
from tocsin.respond.runbooks.reading.headings import plain, title_of

_COMMENT = re.compile(r"^#(?!!)\s?(.{0,200})$")
_NUMBERED = re.compile(
    r"^\W{0,4}(?:第\s*)?(?:step\s*|步驟\s*|步骤\s*)?(?:\d{1,2}|[一二三四五六七八九十])", re.IGNORECASE
)
_STATEFUL = names(
    """
    cd pushd popd export set unset source . alias shopt trap exec read declare local ulimit umask
    """
)
_MOST = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a block, without the comment that is its title: `offset` lines below the block's first line."""

    title: str
    text: str
    offset: int


def pieces_of(text: str, *, numbered_only: bool) -> list[Piece]:
    """The pieces of a shell text, in its order; none where it is one thing.

    With `numbered_only` it is taken apart only if its comments count (`# 1. …`, `# Step 2: …`).
    """
    found = _commented(text, numbered_only=numbered_only)
    if not found and not numbered_only:
        found = _single_commands(text)
    return found if 2 <= len(found) <= _MOST and _stand_alone(found) else []


def _commented(text: str, *, numbered_only: bool) -> list[Piece]:
    lines = text.split("\n")
    starts = [
        at
        for at, line in enumerate(lines)
        if _COMMENT.match(line) and (at == 0 or not lines[at - 1].strip()) and _leads(lines, at)
    ]
    if len(starts) < 2 or any(line.strip() for line in lines[: starts[0]]):
        return []
    pieces: list[Piece] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        comment = lines[start].lstrip("#").strip()
        if numbered_only and not _NUMBERED.match(plain(comment)):
            return []
        pieces.append(Piece(title_of(comment), "\n".join(lines[start + 1 : end]).rstrip(), start + 1))
    return pieces


def _leads(lines: list[str], at: int) -> bool:
    """Whether a command follows the comment before the next empty line."""
    for line in lines[at + 1 :]:
        if not line.strip():
            return False
        if not line.lstrip().startswith("#"):
            return True
    return False


def _single_commands(text: str) -> list[Piece]:
    """A piece for each line, if each is one plain command."""
    pieces: list[Piece] = []
    for offset, line in enumerate(text.split("\n")):
        if not line.strip():
            continue
        root = parse(line)
        if root is None or root.has_error or [node.type for node in root.children] != ["command"]:
            return []
        pieces.append(Piece(line.strip()[:120], line.strip(), offset))
    return pieces


def _stand_alone(pieces: list[Piece]) -> bool:
    """Whether each is shell by itself, changes nothing of the shell around it, and sets nothing that another uses."""
    sets: list[set[str]] = []
    uses: list[set[str]] = []
    for piece in pieces:
        root = parse(piece.text)
        if root is None or root.has_error:
            return False
        mine: set[str] = set()
        asked: set[str] = set()
        for node in walk(root):
            if node.type in ("variable_assignment", "function_definition"):
                mine.add(_source(node).partition("=")[0].partition("(")[0].partition("[")[0].strip())
            elif node.type in ("simple_expansion", "expansion"):
                asked.update(_source(each) for each in node.children if each.type == "variable_name")
            elif node.type in ("declaration_command", "unset_command"):
                return False
            elif node.type == "command":
                name = node.child_by_field_name("name")
                program = _source(name) if name is not None else ""
                if program in _STATEFUL:
                    return False
                asked.add(program)
        sets.append(mine)
        uses.append(asked)
    return not any(
        mine & asked for at, mine in enumerate(sets) for other, asked in enumerate(uses) if other != at
    )


def _source(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
