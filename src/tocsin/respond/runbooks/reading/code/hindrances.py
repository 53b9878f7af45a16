"""Why can this block not run although it is code? Then a person does what it says, and the author is told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.act.guard.shell import parse
from tocsin.respond.runbooks.document import Kind
from tocsin.respond.runbooks.reading.code import printed

_CLIENT_LINE = re.compile(
    r"^\\(?:[dl][a-zA-Z+]{0,3}|c|x|timing|copy|i|e|q)(?:\s.*)?$"
    r"|^(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER|DROP|SHOW|EXPLAIN|VACUUM)\s[^|\n]{1,2000}$",
    re.MULTILINE,
)
_TEMPLATE = re.compile(r"<%[=#-]?[^%\n]{0,200}%>|\{%-?\s[^%\n]{1,200}%\}")
_WIDE = re.compile(r"＄|\$（|\s｜\s|\s＞\s|；\s*$", re.MULTILINE)
_QUOTED = frozenset({"string", "raw_string", "heredoc_body", "ansi_c_string", "comment"})


@dataclass(frozen=True, slots=True)
class Hindrance:
    """`why` is what a person is told, the rest what the author is; `line` counts from the block's first line."""

    why: str
    rule: str
    message: str
    fix: str
    line: int | None = None  # None: the block as a whole


def hindrance(kind: Kind, text: str, *, closed: bool) -> Hindrance | None:
    """What keeps a block from running."""
    if kind not in ("bash", "sql"):
        return None
    if not _says_something(text):
        return Hindrance(
            "it holds only comments",
            "only-comments",
            "this block holds only comments, so a person has to do what they say",
            "write the command, or the words outside of a block",
        )
    if not closed and not all(printed.begins_command(line) for line in text.split("\n") if line.strip()):
        return Hindrance(
            "it is never closed, and nobody knows where it ends",
            "open-fence",
            "this block is never closed, so all below it stands in it",
            "close it with ```",
        )
    if kind == "bash" and (meta := _outside_of_quotes(_CLIENT_LINE, text)):
        return Hindrance(
            "it mixes shell with what is said to a database client",
            "mixed-languages",
            f"{meta.group().strip()[:40]} is said to a database client, not to the shell",
            "put what the client is told into a sql block of its own",
            text.count("\n", 0, meta.start()),
        )
    if template := _TEMPLATE.search(text):
        return Hindrance(
            "it is a template of another program",
            "template-in-block",
            f"{template.group()[:40]} has to be filled in by another program first",
            "use a placeholder such as <NAME>",
            text.count("\n", 0, template.start()),
        )
    if kind == "bash" and (wide := _outside_of_quotes(_WIDE, text)):
        return Hindrance(
            "full-width marks stand where the shell wants its own",
            "full-width-mark",
            f"{wide.group().strip()} is no mark of the shell; a translation or an input method wrote it",
            "write the half-width mark",
            text.count("\n", 0, wide.start()),
        )
    return None


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith(("#", "--")) for line in text.split("\n"))


def _outside_of_quotes(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first place that is not quoted for another program, nor a comment."""
    root = None
    for found in pattern.finditer(text):
        root = root or parse(text)
        at = len(text[: found.start()].encode("utf-8", "replace"))
        node = root.descendant_for_byte_range(at, at + 1) if root is not None else None
        while node is not None and node.type not in _QUOTED:
            node = node.parent
        if node is None:
            return found
    return None
