"""Which runbooks are there, where do they stand, and which of them are meant?

The library is the Markdown files of the configured folders and of the git repositories that were fetched, read when
they are asked for and again when they have changed. A file that holds several runbooks is these runbooks, each with a
path of its own (`file.md#part`); an index and a policy are kept apart from what can be run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from urllib.parse import unquote

from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock, SystemClock
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.settings import Current
from tocsin.respond.runbooks import repositories
from tocsin.respond.runbooks.document import Document, Entry
from tocsin.respond.runbooks.match import Match, Told, Vocabulary, matches
from tocsin.respond.runbooks.places import Place
from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.reading.text import LARGEST, decode
from tocsin.respond.runbooks.search import Hit, Index
from tocsin.respond.runbooks.section import FOLDERS, LibrarySection, prefix_of
from tocsin.sense.severity.facts import AlertLike

_TRUSTED_S = 1.0
_FILES_MOST = 10_000
_APART = ("index", "policy")
_LOOK = "`tocsin runbook list` shows what is there"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as it was when it was read."""

    stamp: tuple[int, int, int]  # an editor may set the date back: the inode's own date is looked at too
    document: Document


@dataclass(frozen=True, slots=True)
class _Walk:
    """What was found when the places were last walked."""

    at: float
    files: Mapping[str, Path]
    documents: tuple[Document, ...]  # of files, by path
    trouble: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelved:
    """A runbook with what an index says of it where it says nothing itself."""

    document: Document
    category: str
    severity: str
    threshold: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """Runbooks that belong together, the gravest first."""

    name: str
    items: tuple[Shelved, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A line of an index that leads to no runbook."""

    index: Document
    entry: Entry


class Library:
    """The runbooks of one configuration. Safe to use from any thread."""

    def __init__(
        self,
        current: Current[CatalogueSection],
        folder: Path,
        clock: Clock | None = None,
        settings: Current[LibrarySection] = LibrarySection,
    ) -> None:
        self._current = current
        self._settings = settings
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._clock = clock or SystemClock()
        self._walked: _Walk | None = None
        self._searching = threading.Lock()
        self._index = Index()
        self._vocabulary = Vocabulary()

    # What is there

    def all(self) -> list[Document]:
        """Every runbook, by path, as of a second ago at most: a storm of alerts is not a storm of walks."""
        return [
            each for file in self._walk().documents for each in _runbooks(file) if each.kind not in _APART
        ]

    def indexes(self) -> list[Document]:
        """The documents that list runbooks."""
        return [each for each in self._walk().documents if each.kind == "index"]

    def policies(self) -> list[Document]:
        """The documents that say how things are done, with nothing in them to run."""
        return [each for each in self._walk().documents if each.kind == "policy"]

    def get(self, path: str) -> Document:
        """The document at a path, or the part of one at `file.md#part`. Raises NotFound, also for what lies outside."""
        wanted, _, part = path.partition("#")
        found = self._file(wanted)
        if found is not None:
            with self._lock:
                document = self._document(*found)
            if document is not None:
                full = f"{found[0]}#{part}"
                inside = document.within() if part else [document]
                for each in inside:
                    if not part or each.path == full:
                        return each
        raise NotFound(f"there is no runbook {path}", fix=_LOOK)

    def text(self, path: str) -> str:
        """The whole file as it stands, for a run that pins it. Raises NotFound."""
        found = self._file(path.partition("#")[0])
        try:
            if found is not None:
                return _text(found[1])
        except OSError:
            pass  # gone, or not for us to read: the same to who asks
        raise NotFound(f"there is no runbook {path}", fix=_LOOK)

    def part(self, path: str) -> str:
        """What stands in the file of this one runbook: the whole file, or the lines of a part. Raises NotFound."""
        document = self.get(path)
        file = self.get(document.path.partition("#")[0])
        return part_of(self.text(path), file, document)

    def dated(self, path: str) -> datetime:
        """Since when the file says what it says. Raises NotFound."""
        file = self._walk().files.get(path.partition("#")[0])
        try:
            if file is not None:
                return datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except OSError:
            pass  # gone since it was found
        raise NotFound(f"there is no runbook {path}", fix=_LOOK)

    def trouble(self) -> list[str]:
        """What keeps the library from being whole: repositories that could not be fetched, folders, paths that hide."""
        return list(self._walk().trouble)

    def owner(self, document: Document) -> str:
        """Who keeps it true: as it says itself, else the team of its service; "" where nobody is named."""
        if document.owner or not document.service:
            return document.owner
        services = self._current().services
        named = next((each for each in services.values() if each.title == document.service), None)
        service = services.get(document.service) or named
        return (service.team or "") if service else ""

    def link_leads(self, document: Document, target: str) -> bool | None:
        """Whether a relative link ends at a file; None where that cannot be told from here."""
        found = self._file(document.path.partition("#")[0])
        path = unquote(target.partition("#")[0].partition("?")[0])
        if found is None or not path or path.startswith("/") or "\0" in path:
            return None
        for place in self._places():
            if found[1].is_relative_to(place.root.resolve()):
                return place.leads(found[1], path)
        return None

    # How it is ordered

    def categories(self) -> list[Category]:
        """The runbooks by category: as their front matter says, else the index, else the file that holds several, else
        the folder they stand in.
        """
        entries = self._entries()
        titles = {each.path: each.title for each in self._walk().documents}
        shelves: dict[str, list[Shelved]] = {}
        for document in self.all():
            file = document.path.partition("#")[0]
            together = titles.get(file, "") if file != document.path else ""
            shelved = _shelved(document, entries.get(document.path), together)
            shelves.setdefault(shelved.category, []).append(shelved)
        return [
            Category(name=name, items=tuple(sorted(shelves[name], key=_gravest_first)))
            for name in sorted(shelves, key=lambda each: (not each, each.casefold()))
        ]

    def shelved(self, document: Document) -> Shelved:
        """The document with what an index says of it."""
        file = document.path.partition("#")[0]
        together = self.get(file).title if file != document.path else ""
        return _shelved(document, self._entries().get(document.path), together)

    def missing(self) -> list[Missing]:
        """What the indexes name and nobody has written."""
        known = self._walk().files
        return [
            Missing(index=index, entry=entry)
            for index in self.indexes()
            for entry in index.index
            if (path := _target(index, entry)) and path.partition("#")[0] not in known
        ]

    def search(self, words: str, limit: int = 50) -> list[Hit]:
        """What speaks of these words, the best first; see `search.py`."""
        walk = self._walk()
        files = {each.path: each for each in walk.documents}

        def text_of(document: Document) -> str:
            path = document.path.partition("#")[0]
            if path not in files:
                return ""  # come since the walk
            try:
                return _own(_text(walk.files[path]), files[path], document)
            except OSError:
                return ""  # gone since the walk

        every = [*self.all(), *self.indexes(), *self.policies()]
        with self._searching:
            return self._index.search(words, every, text_of, limit)

    # Which are meant

    def matching(
        self,
        service_name: str,
        service: Service | None = None,
        alert_name: str = "",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        severity: str = "",
        measured: Mapping[str, float] = MappingProxyType({}),
    ) -> list[Document]:
        """The runbooks that fit, the surest first."""
        told = Told(name=alert_name, labels=labels or {}, annotations=annotations or {})
        service = service or self._current().service(service_name)
        return [match.document for match in self.matches(service_name, service, told, severity, measured)]

    def matches(
        self,
        service_name: str,
        service: Service,
        told: AlertLike,
        severity: str = "",
        measured: Mapping[str, float] = MappingProxyType({}),
    ) -> list[Match]:
        """The same for an alert as it stands in the ledger, with reasons; see `match.py`."""
        return matches(self.all(), service_name, service, told, severity, self._vocabulary, measured)

    # Files

    def _places(self) -> Iterator[Place]:
        settings = self._settings().library
        for folder in settings.folders:
            yield Place(prefix=prefix_of(folder), root=self._folder / folder)
        for repository in settings.repositories:
            place = repositories.place_of(self._folder, repository)
            if place is not None:
                yield place

    def _walk(self) -> _Walk:
        with self._lock:
            now = self._clock.monotonic()
            if self._walked is None or now - self._walked.at >= _TRUSTED_S:
                self._walked = self._look(now)
            return self._walked

    def _look(self, now: float) -> _Walk:
        files: dict[str, Path] = {}
        trouble = self._outside()
        for place in self._places():
            for path, file in place.files():
                if "#" in path:
                    trouble.append(f"{path}: rename it; # parts a file from a runbook inside it")
                elif path in files:
                    trouble.append(f"{path}: {file} is hidden by {files[path]}")
                elif len(files) < _FILES_MOST:
                    files[path] = file
        if len(files) == _FILES_MOST:
            trouble.append(f"only {_FILES_MOST} files are read: name fewer folders")
        read_now = [self._document(path, file) for path, file in sorted(files.items())]
        self._kept = {path: kept for path, kept in self._kept.items() if path in files}
        documents = tuple(each for each in read_now if each is not None)
        return _Walk(now, files, documents, tuple(trouble))

    def _outside(self) -> list[str]:
        settings = self._settings().library
        said = [
            f"{folder}: there is no such folder"
            for folder in settings.folders
            if folder not in FOLDERS and not (self._folder / folder).is_dir()
        ]
        said += [repositories.trouble(self._folder, each) for each in settings.repositories]
        return [each for each in said if each]

    def _file(self, path: str) -> tuple[str, Path] | None:
        """A path as the library has it, and its file. One that begins with `runbooks/` may be meant from above it."""
        for wanted in (path, path.removeprefix(f"{FOLDERS[0]}/")):
            for place in self._places():
                file = place.file(wanted)
                if file is not None:
                    return str(PurePosixPath(wanted)), file
        return None

    def _document(self, path: str, file: Path) -> Document | None:
        """The reading of a file, from memory while the file is as it was."""
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
            kept = self._kept.get(path)
            if kept and kept.stamp == stamp:
                return kept.document
            with file.open("rb") as opened:
                document = read(path, opened.read(LARGEST + 1))
        except OSError:
            return None
        self._kept[path] = _Kept(stamp, document)
        return document

    def _entries(self) -> dict[str, Entry]:
        """What the indexes say, by the path of the runbook."""
        found: dict[str, Entry] = {}
        for index in self.indexes():
            for entry in index.index:
                found.setdefault(_target(index, entry), entry)
        return found


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        return decode(opened.read(LARGEST + 1))[0]  # in the encoding in which the reader takes it


def part_of(text: str, file: Document, document: Document) -> str:
    """The lines of a part of a file: from where it begins to the next part, or to what the file itself says again."""
    if document.path == file.path:
        return text
    own = {section.line for section in document.sections}
    others = [each.line for each in file.within() if each is not document]
    others += [section.line for section in file.sections if section.line not in own]
    end = min((line for line in others if line > document.line), default=None)
    lines = text.split("\n")
    return "\n".join(lines[document.line - 1 : end - 1 if end else None])


def _own(text: str, file: Document, document: Document) -> str:
    """The lines of a document, those of the runbooks inside it left empty: each line is found once."""
    if document.path != file.path:
        return part_of(text, file, document)
    lines = text.split("\n")
    for held in file.documents:
        if held.kind != "template":
            length = part_of(text, file, held).count("\n") + 1
            lines[held.line - 1 : held.line - 1 + length] = [""] * length
    return "\n".join(lines)


def _runbooks(file: Document) -> Iterator[Document]:
    """What can be chosen from a file: the runbooks that it holds, else itself."""
    yield from [each for each in file.documents if each.kind != "template"] or [file]


def _target(index: Document, entry: Entry) -> str:
    """The path that a line of an index leads to; "" where it leads out of the library."""
    target, _, part = entry.target.partition("#")
    if "://" in target or target.startswith(("/", "mailto:")):
        return ""
    if not target:
        return f"{index.path}#{part}" if part else ""
    parts: list[str] = []
    for each in (PurePosixPath(index.path).parent / target).parts:
        if each == "..":
            if not parts:
                return ""
            parts.pop()
        elif each != ".":
            parts.append(each)
    path = "/".join(parts)
    return f"{path}#{part}" if part else path


def _shelved(document: Document, entry: Entry | None, together: str) -> Shelved:
    """`together` is the title of the file where it holds several runbooks."""
    told = document.front_matter.get("category")
    folder = PurePosixPath(document.path.partition("#")[0]).parent.as_posix()
    named = told if isinstance(told, str) else ""
    return Shelved(
        document=document,
        category=named or (entry.category if entry else "") or together or ("" if folder == "." else folder),
        severity=document.severity or (entry.severity if entry else ""),
        threshold=document.threshold or (entry.threshold if entry else ""),
    )


def _gravest_first(each: Shelved) -> tuple[bool, str, str]:
    return (not each.severity, each.severity, each.document.title.casefold())
