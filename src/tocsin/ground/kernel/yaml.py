"""What does this YAML say, and where does each value stand? The one loader of configuration and front
matter.

Only plain data in the core schema of YAML 1.2 (`no` is text, `09:00` is text). Anchors, aliases, tags,
merge keys and duplicate keys are refused, as are more than 1 MB, more than 20 levels and more than 100,000
values: none of them has a use here, and each of them is the start of a bomb. The file is read event by
event, so a bomb is refused where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import Scanner, ScannerError

from tocsin.ground.kernel.settings import Problem

LARGEST = 1_000_000
DEEPEST = 20
MOST_VALUES = 50_000

Path = tuple[str | int, ...]
"""Keys and list positions from the root."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something stands; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """What was read. `data` is None when there are problems."""

    data: Any
    values: dict[Path, Place] = field(default_factory=dict[Path, Place])
    keys: dict[Path, Place] = field(default_factory=dict[Path, Place])
    problems: tuple[Problem, ...] = ()

    def place(self, path: Path, *, key: bool = False) -> Place | None:
        """Where the value (or its key) at `path` stands, or the nearest thing around it."""
        for length in range(len(path), -1, -1):
            near = path[:length]
            first, second = (
                (self.keys, self.values) if key or length < len(path) else (self.values, self.keys)
            )
            if found := first.get(near) or second.get(near):
                return found
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Event:
    """What ruamel saw: the border beyond which nothing is typed."""

    kind: str  # DocumentStart | MappingStart | MappingEnd | SequenceStart | SequenceEnd | Scalar | Alias
    text: str
    plain: bool
    marked: str  # anchor | tag | ""
    line: int
    column: int


class _Refused(Exception):
    def __init__(self, message: str, event: _Event, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.event = event


def read(source: str | bytes, file: str = "") -> Tree:
    """Reads YAML. Never raises: mistakes are in `problems`, with file, line and column."""
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        return failed(file, line, 1, "not readable text", "save the file as UTF-8")
    if len(source) > LARGEST:
        return failed(file, 1, 1, f"larger than {LARGEST:,} bytes", "split it with include:")
    try:
        return _Reader(file).tree(_events(text))
    except _Refused as error:
        return failed(file, error.event.line, error.event.column, error.message, error.fix)
    except MarkedYAMLError as error:
        found: Any = error
        mark = found.problem_mark or found.context_mark
        line = mark.line + 1 if mark else 1
        message, fix = _said_plainly(str(found.problem or found.context), text, line)
        return failed(file, line, mark.column + 1 if mark else 1, message, fix)
    except YAMLError as error:
        before_it = text[: getattr(error, "position", 0)]
        line, column = before_it.count("\n") + 1, len(before_it) - before_it.rfind("\n")
        return failed(
            file, line, column, "a control character", "remove it, or write it as \\x.. in double quotes"
        )


def failed(file: str, line: int, column: int, message: str, fix: str = "") -> Tree:
    """A tree that could not be read."""
    return Tree(
        data=None, problems=(Problem(path=(), message=message, fix=fix, file=file, line=line, column=column),)
    )


class _FlatScanner(Scanner):
    """Stops at the bracket that is one too deep; the scanner reads ahead, and its cost grows with the square."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: Any) -> None:  # noqa: N803 (ruamel's name)
        if len(self.flow_context) >= DEEPEST:  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] # untyped in ruamel
            scanner: Any = self
            raise ScannerError(None, None, _TOO_DEEP, scanner.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)  # pyright: ignore[reportUnknownMemberType] # untyped in ruamel


_TOO_DEEP = f"more than {DEEPEST} levels deep"


def _events(text: str) -> Iterator[_Event]:
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    yaml.Scanner = _FlatScanner
    for event in yaml.parse(text):
        tag = getattr(event, "tag", None)
        yield _Event(
            kind=type(event).__name__.removesuffix("Event"),
            text=getattr(event, "value", None) or "",
            plain=getattr(event, "style", None) is None,
            marked="anchor" if getattr(event, "anchor", None) else "tag" if tag is not None else "",
            line=event.start_mark.line + 1,
            column=event.start_mark.column + 1,
        )


class _Reader:
    """Builds plain data from events, remembering places; recursion is bounded by DEEPEST."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._values: dict[Path, Place] = {}
        self._keys: dict[Path, Place] = {}
        self._count = 0

    def tree(self, events: Iterator[_Event]) -> Tree:
        documents = 0
        data: Any = None
        for event in events:
            if event.kind == "DocumentStart":
                documents += 1
                if documents > 1:
                    raise _Refused(
                        "a second document", event, "keep one document a file: remove the line ---"
                    )
            elif event.kind in ("Scalar", "MappingStart", "SequenceStart", "Alias"):
                data = self._value(event, events, ())
        return Tree(data=data, values=self._values, keys=self._keys)

    def _value(self, event: _Event, events: Iterator[_Event], path: Path) -> Any:
        self._check(event, len(path))
        self._values[path] = self._place(event)
        if event.kind == "MappingStart":
            return self._map(events, path)
        if event.kind == "SequenceStart":
            items: list[Any] = []
            while (each := next(events)).kind != "SequenceEnd":
                items.append(self._value(each, events, (*path, len(items))))
            return items
        return _scalar(event)

    def _map(self, events: Iterator[_Event], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (key := next(events)).kind != "MappingEnd":
            self._check(key, len(path) + 1)
            if key.kind != "Scalar":
                raise _Refused("a key is text, not a list or a map", key, "put it in quotes if it is text")
            name = _readable(key)
            if name == "<<":
                raise _Refused("merge keys are not read", key, "write the values out")
            if name in found:
                first = self._keys[(*path, name)]
                message = f"{name!r} stands twice (first in line {first.line})"
                raise _Refused(message, key, "keep one of them, or rename it")
            self._keys[(*path, name)] = self._place(key)
            found[name] = self._value(next(events), events, (*path, name))
        return found

    def _check(self, event: _Event, depth: int) -> None:
        self._count += 1
        if event.kind == "Alias" or event.marked == "anchor":
            raise _Refused(_NO_ANCHORS, event, _WRITE_OUT)
        if event.marked == "tag":
            raise _Refused("tags (!) are not read", event, "leave the tag away, or quote the text")
        if depth > DEEPEST:
            raise _Refused(_TOO_DEEP, event, "make it flatter")
        if self._count > MOST_VALUES:
            raise _Refused(f"more than {MOST_VALUES:,} values", event, "split it with include:")

    def _place(self, event: _Event) -> Place:
        return Place(file=self._file, line=event.line, column=event.column)


def _readable(event: _Event) -> str:
    if "\0" in event.text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in event.text):
        raise _Refused("not readable text", event, "remove the NUL or the half of a character pair")
    return event.text


def _scalar(event: _Event) -> Any:
    text = _readable(event)
    if not event.plain:  # quoted or a block: text, whatever it looks like
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        if len(text) > 18:
            raise _Refused("a number of more than 18 digits", event, "put it in quotes if it is a name")
        return int(text, 0) if text.startswith(("0x", "0o")) else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


_NO_ANCHORS = "anchors (&) and aliases (*) are not read"
_WRITE_OUT = "write the value out, or quote the text"
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,2})?", re.ASCII)


def _said_plainly(problem: str, text: str, line: int) -> tuple[str, str]:
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\\t" in problem or here.lstrip(" ").startswith("\t"):
        return "a tab where blanks are wanted", "indent with blanks"
    if "mapping values are not allowed" in problem:
        return (
            "a second ': ' in this line, or wrong indentation",
            "put the value in quotes, or indent the line",
        )
    if "expected <block end>" in problem or "did not find expected" in problem:
        return "the indentation does not fit what stands above", "indent with the same number of blanks"
    if "stream end" in problem or "end of stream" in problem:
        return "the file ends inside a bracket or a quote", "close it"
    if "cannot start any token" in problem:
        return problem.removeprefix("found "), "put the value in quotes"
    if "expected alphabetic or numeric character" in problem:
        return _NO_ANCHORS, _WRITE_OUT
    return problem, "make it flatter" if problem == _TOO_DEEP else ""
