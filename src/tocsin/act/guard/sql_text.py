"""Where does one statement end, and what is comment? A scanner that knows the quotes of both dialects.

PostgreSQL and MySQL read the same letters differently: a backslash in quotes, `#`, `--` without a blank behind it,
and `/*! … */`, which MySQL runs. So a text is split once for each way in which it may be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reading = Literal["postgres", "mysql"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement without its comments, or (`meta`) a command of the client such as `\\dt`."""

    text: str
    meta: bool = False


class OpenQuote(Exception):
    """A quote or a comment begins and never ends."""


def split(text: str, reading: Reading) -> list[Piece]:
    """The statements of a text and the commands of its client, in order. Raises OpenQuote."""
    return _Scanner(text, mysql=reading == "mysql").pieces()


def reads_twice(text: str) -> bool:
    """Whether the two dialects may see different statements in it."""
    dashes = text.find("--")
    while dashes >= 0:
        behind = text[dashes + 2 : dashes + 3]
        if behind and not behind.isspace():
            return True
        dashes = text.find("--", dashes + 2)
    return any(mark in text for mark in ("\\", "#", "/*", "`", "$$"))


class _Scanner:
    def __init__(self, text: str, *, mysql: bool) -> None:
        self._text = text
        self._mysql = mysql
        self._at = 0
        self._kept: list[str] = []
        self._found: list[Piece] = []
        self._runs_comment = False  # inside `/*! … */`

    def pieces(self) -> list[Piece]:
        text = self._text
        while self._at < len(text):
            here = text[self._at]
            two = text[self._at : self._at + 2]
            if here in "'\"`":
                self._quoted(here)
            elif self._comment_begins(two):
                self._skip_line()
            elif two == "/*":
                self._comment()
            elif two == "*/" and self._runs_comment:
                self._runs_comment = False
                self._keep(" ", 2)
            elif here == "$" and not self._mysql and self._dollars():
                continue
            elif here == "\\":
                self._client()
            elif here == ";":
                self._end()
                self._at += 1
            else:
                self._keep(here, 1)
        self._end()
        return self._found

    def _comment_begins(self, two: str) -> bool:
        if two == "--":
            return not self._mysql or self._text[self._at + 2 : self._at + 3].strip() == ""
        return self._mysql and two[:1] == "#"

    def _keep(self, text: str, length: int) -> None:
        self._kept.append(text)
        self._at += length

    def _end(self) -> None:
        statement = "".join(self._kept).strip()
        self._kept = []
        if statement:
            self._found.append(Piece(statement))

    def _skip_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._kept.append(" ")
        self._at = len(self._text) if end < 0 else end

    def _quoted(self, mark: str) -> None:
        text = self._text
        before = self._kept[-1][-1:] if self._kept else ""
        longer = "".join(self._kept[-2:])[-2:-1]
        escapes = mark != "`" and (
            self._mysql or (before in "eE" and before != "" and not (longer.isalnum() or longer == "_"))
        )
        at = self._at + 1
        while True:
            end = text.find(mark, at)
            if end < 0:
                raise OpenQuote
            if escapes:
                slash = text.find("\\", at, end)
                if slash >= 0:
                    at = slash + 2
                    continue
            if text[end + 1 : end + 2] == mark:
                at = end + 2
                continue
            break
        self._keep(text[self._at : end + 1], end + 1 - self._at)

    def _comment(self) -> None:
        text = self._text
        if self._mysql:
            for opener in ("/*!", "/*M!"):
                if text.startswith(opener, self._at):
                    length = len(opener)
                    while text[self._at + length : self._at + length + 1].isdigit():
                        length += 1
                    self._runs_comment = True
                    self._keep(" ", length)
                    return
        depth = 1
        at = self._at + 2
        while depth:
            closes = text.find("*/", at)
            if closes < 0:
                raise OpenQuote
            opens = text.find("/*", at, closes) if not self._mysql else -1
            depth += 1 if opens >= 0 else -1
            at = (opens if opens >= 0 else closes) + 2
        self._keep(" ", at - self._at)

    def _dollars(self) -> bool:
        """`$tag$ … $tag$`, kept as one quoted text; False where it is only a dollar."""
        text = self._text
        second = text.find("$", self._at + 1, self._at + 66)
        tag = text[self._at : second + 1]
        name = tag[1:-1]
        if second < 0 or (name and not (name.replace("_", "a").isalnum() and not name[0].isdigit())):
            return False
        end = text.find(tag, second + 1)
        if end < 0:
            raise OpenQuote
        self._keep(text[self._at : end + len(tag)], end + len(tag) - self._at)
        return True

    def _client(self) -> None:
        """A command of psql or mysql, to the end of its line. Those that run the statement before them end it."""
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        command = self._text[self._at : end].strip()
        word = command[1:].split(maxsplit=1)[0] if len(command) > 1 else ""
        if word.startswith(("g", "G", "crosstabview", "watch", ";")):
            self._end()
        self._found.append(Piece(command, meta=True))
        self._at = end
