"""Where does one SQL statement end, and where does a value stand in it? Read by a scanner that knows the quotes.

`:NAME` is a value; the same letters in a string, a quoted name or a comment are not, and `::` is a cast.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.act.actions.action import CannotRun

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<cast>::)
    | (?P<value>:[A-Za-z_]\w*)
    | (?P<end>;)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement: `named` for sqlite3 (`:NAME`), `formatted` for psycopg (`%(NAME)s`), and its values."""

    named: str
    formatted: str
    values: dict[str, str]


def split(text: str, values: Mapping[str, str]) -> list[Statement]:
    """The statements of a step, without empty ones. Raises CannotRun for a value that nobody gave."""
    return [_statement(tokens, values) for tokens in _pieces(text) if _says_something(tokens)]


def _pieces(text: str) -> Iterator[list[tuple[str, str]]]:
    tokens: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "end":
            yield tokens
            tokens = []
        else:
            tokens.append(("quoted" if kind == "tag" else kind, match[0]))
    yield tokens


def _says_something(tokens: list[tuple[str, str]]) -> bool:
    return any(kind != "comment" and piece.strip() for kind, piece in tokens)


def _statement(tokens: list[tuple[str, str]], values: Mapping[str, str]) -> Statement:
    used: dict[str, str] = {}
    named: list[str] = []
    formatted: list[str] = []
    for kind, piece in tokens:
        if kind == "value":
            name = piece[1:]
            if name not in values:
                raise CannotRun(f"{name} has no value", field=name)
            used[name] = values[name]
            named.append(piece)
            formatted.append(f"%({name})s")
        else:
            named.append(piece)
            formatted.append(piece)
    if used:
        formatted = [
            piece if kind == "value" else piece.replace("%", "%%")
            for (kind, _), piece in zip(tokens, formatted, strict=True)
        ]
    return Statement(named="".join(named), formatted="".join(formatted), values=used)
