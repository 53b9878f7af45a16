"""Where do runbooks stand as files? Folders and fetched repositories, and the way from a path to a file that is safe.

The path of a runbook is the name of its place and the path below it; those below `runbooks/` have no name in front. A
path never leads out of its place, neither by `..` nor by a link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A folder of runbooks. `prefix` is what their paths begin with, "" for none."""

    prefix: str
    root: Path
    only_runbooks: bool = False  # of a repository, nothing but its Markdown files is kept

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every Markdown file below it with its path in the library; hidden ones and links that lead out are not."""
        if not self.root.is_dir():
            return
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                    file = Path(folder) / name
                    real = self._inside(file) if _is_link(file) else file
                    if real is not None:
                        yield self._path(file.relative_to(self.root)), real

    def file(self, path: str) -> Path | None:
        """The file of a path of the library, where it is one of this place."""
        below = path
        if self.prefix:
            if not path.startswith(f"{self.prefix}/"):
                return None
            below = path[len(self.prefix) + 1 :]
        wanted = PurePosixPath(below)
        if wanted.is_absolute() or ".." in wanted.parts or "\0" in below:
            return None
        if wanted.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in wanted.parts):
            return None
        return self._inside(self.root / wanted)

    def leads(self, file: Path, target: str) -> bool | None:
        """Whether what a file of this place points at is there; None where it points out of what is kept of it."""
        try:
            wanted = (file.parent / target).resolve()
            if not wanted.is_relative_to(self.root.resolve()):
                return None
            if wanted.exists():
                return True
        except (OSError, RuntimeError, ValueError):
            return None
        return None if self.only_runbooks else False

    def _path(self, below: Path) -> str:
        return f"{self.prefix}/{below.as_posix()}" if self.prefix else below.as_posix()

    def _inside(self, file: Path) -> Path | None:
        """The file itself, links followed, if it is one and lies in the place."""
        try:
            real = file.resolve(strict=True)
            if real.is_file() and real.is_relative_to(self.root.resolve()):
                return real
        except (OSError, RuntimeError, ValueError):  # gone, a loop of links, a name the system refuses
            return None
        return None


def _is_link(file: Path) -> bool:
    """Most files are none, and then there is nothing to resolve: five hundred files are walked in milliseconds."""
    try:
        return not stat.S_ISREG(os.lstat(file).st_mode)
    except OSError:
        return True
