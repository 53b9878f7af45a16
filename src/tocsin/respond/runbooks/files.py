"""Which runbooks lie in this folder, and what do they say? Reading from disk, with links looked up beside the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.reading.text import LARGEST

SUFFIXES = (".md", ".markdown")


def markdown_in(path: Path) -> Iterator[Path]:
    """The Markdown files below a folder, hidden folders left out, by name; a file is given as it is."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each != "node_modules")
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                file = Path(folder) / name
                if file.is_file():
                    yield file


def read_file(file: Path, root: Path) -> Document:
    """The document of a file, its relative links looked up below `root`. Raises OSError where it cannot be read."""
    with file.open("rb") as opened:
        data = opened.read(LARGEST + 1)
    return read(str(file), data, Beside(file, root))


class Beside:
    """Is the file there that a relative link of `file` names? None where the link leads out of `root`."""

    def __init__(self, file: Path, root: Path) -> None:
        self._folder = file.parent
        self._root = os.path.abspath(root)

    def __call__(self, target: str) -> bool | None:
        name = unquote(target.partition("#")[0].partition("?")[0])
        if not name:
            return True
        base = self._root if PurePosixPath(name).is_absolute() else os.path.abspath(self._folder)
        meant = os.path.normpath(os.path.join(base, name.lstrip("/")))
        if os.path.commonpath([meant, self._root]) != self._root:
            return None
        try:
            return os.path.exists(meant)
        except (OSError, ValueError):  # a name that the system refuses
            return False
