"""Which files make up the configuration? `tocsin.yaml`, and the files that its `include:` names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from tocsin.ground.kernel import yaml
from tocsin.ground.kernel.settings import Problem
from tocsin.ground.kernel.yaml import Place, Tree, failed


def read_folder(folder: Path, name: str = "tocsin.yaml") -> Tree:
    """Reads `folder/name` and the files that its `include:` names: relative, inside the folder, `*` allowed.

    The top-level keys of all files are one: maps are joined, and a name that stands twice is an error.
    """
    first = _read_file(folder, folder / name)
    if first.problems or not isinstance(first.data, dict):
        return first
    whole = _Join(first)
    for pattern, place in _includes(first):
        paths, problem = _inside(folder, pattern)
        if problem:
            whole.complain(problem, place, "name a file below the folder of tocsin.yaml, such as people.yaml")
        for path in paths:
            if path.resolve() != (folder / name).resolve():
                whole.add(_read_file(folder, path))
    return whole.tree()


def _read_file(folder: Path, path: Path) -> Tree:
    name = str(path)
    try:
        with path.open("rb") as file:
            return yaml.read(file.read(yaml.LARGEST + 1), name)
    except FileNotFoundError:
        return failed(name, 1, 1, "there is no such file", f"make one: tocsin init {folder}")
    except OSError as error:
        return failed(name, 1, 1, f"cannot be read: {error.strerror}", "check its permissions")


def _includes(tree: Tree) -> Iterator[tuple[str, Place | None]]:
    wanted: Any = tree.data.get("include") or []
    listed = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    for index, each in enumerate(listed):
        yield str(each), tree.place(("include", index))


def _inside(folder: Path, pattern: str) -> tuple[list[Path], str]:
    wanted = Path(pattern)
    if not pattern or wanted.is_absolute() or ".." in wanted.parts or "\0" in pattern or "**" in pattern:
        return [], f"{pattern!r} does not lead to a file inside the folder"
    try:
        found = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
        root = folder.resolve()
        for path in found:
            if not path.resolve().is_relative_to(root):
                return [], f"{pattern!r} leads out of the folder"
            if not path.is_file():
                return [], f"there is no file {pattern!r}"
    except (OSError, RuntimeError, ValueError):  # a name too long, a ring of links, a pattern that is none
        return [], f"there is no file {pattern!r}"
    return found, ""


class _Join:
    """One tree out of several files."""

    def __init__(self, first: Tree) -> None:
        self._data: dict[str, Any] = {key: value for key, value in first.data.items() if key != "include"}
        self._values = dict(first.values)
        self._keys = dict(first.keys)
        self._problems: list[Problem] = []

    def complain(self, message: str, place: Place | None, fix: str = "") -> None:
        where = place or Place(file="", line=0, column=0)
        self._problems.append(
            Problem(path=(), message=message, fix=fix, file=where.file, line=where.line, column=where.column)
        )

    def add(self, tree: Tree) -> None:
        self._problems.extend(tree.problems)
        if tree.data is None:
            return
        if not isinstance(tree.data, dict):
            self.complain("a map of keys is wanted here", tree.place(()), "begin with one such as services:")
            return
        data = cast("dict[str, Any]", tree.data)
        if "include" in data:
            place = tree.place(("include",), key=True)
            self.complain("only tocsin.yaml may include further files", place, "list all files there")
        for key, value in data.items():
            if key != "include":
                self._take((key,), value, tree)

    def _take(self, path: yaml.Path, value: Any, tree: Tree) -> None:
        """Joins one top-level key, and one level below it if both files have a map there."""
        around: Any = self._data if len(path) == 1 else self._data[str(path[0])]
        name = path[-1]
        if name not in around:
            around[name] = value
            for places, theirs in ((self._values, tree.values), (self._keys, tree.keys)):
                places.update({each: place for each, place in theirs.items() if each[: len(path)] == path})
        elif len(path) == 1 and isinstance(value, dict) and isinstance(around[name], dict):
            for member, inner in cast("dict[str, Any]", value).items():
                self._take((*path, member), inner, tree)
        else:
            first = self._keys.get(path)
            also = f" (also in {first.file}:{first.line})" if first else ""
            self.complain(
                f"{'.'.join(map(str, path))} stands in two files{also}",
                tree.place(path, key=True),
                "keep one of them, or rename it",
            )

    def tree(self) -> Tree:
        return Tree(
            data=None if self._problems else self._data,
            values=self._values,
            keys=self._keys,
            problems=tuple(self._problems),
        )
