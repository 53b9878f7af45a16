"""Which runbooks are there, and which of them fit this alert?

The library is the Markdown files below `runbooks/` of the configuration folder, read when they are asked for and
again when they have changed. A path never leads out of that folder, neither by `..` nor by a link.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock, SystemClock
from tocsin.ground.kernel.conditions import ALERT, compile_condition
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.settings import Current
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.reading.text import LARGEST
from tocsin.sense.severity import Facts, facts_of
from tocsin.sense.severity.facts import AlertLike

FOLDER = "runbooks"
_TRUSTED_S = 1.0
_SUFFIXES = (".md", ".markdown")
_URL_KEYS = ("runbook_url", "runbook", "runbookUrl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A runbook that fits, and why, in words for the timeline."""

    document: Document
    why: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as it was when it was read."""

    changed_ns: int
    size: int
    document: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """As much of an alert as a trigger may ask about."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    value: float | None = None
    source: str = ""
    starts_at: datetime = field(default=datetime.fromisoformat("1970-01-01T00:00:00+00:00"))


class Library:
    """The runbooks of one configuration folder. Safe to use from any thread."""

    def __init__(self, current: Current[CatalogueSection], folder: Path, clock: Clock | None = None) -> None:
        self._current = current
        self._root = folder / FOLDER
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._clock = clock or SystemClock()
        self._walked: tuple[float, list[Document]] | None = None

    def all(self) -> list[Document]:
        """Every runbook, by path, as of a second ago at most: a storm of alerts is not a storm of walks."""
        with self._lock:
            now = self._clock.monotonic()
            if self._walked is None or now - self._walked[0] >= _TRUSTED_S:
                found = {path: self._document(path, file) for path, file in self._files()}
                self._kept = {path: kept for path, kept in self._kept.items() if path in found}
                documents = [document for _, document in sorted(found.items()) if document is not None]
                self._walked = (now, documents)
            return list(self._walked[1])

    def get(self, path: str) -> Document:
        """The runbook at a path below `runbooks/`. Raises NotFound, also for what lies outside."""
        wanted = PurePosixPath(path.removeprefix(f"{FOLDER}/"))
        document = None
        if not wanted.is_absolute() and ".." not in wanted.parts and "\0" not in path:
            file = self._inside(self._root / wanted)
            if file is not None and wanted.suffix.lower() in _SUFFIXES:
                with self._lock:
                    document = self._document(str(wanted), file)
        if document is None:
            raise NotFound(f"there is no runbook {path}", fix=f"the files below {FOLDER}/ are the library")
        return document

    def text(self, path: str) -> str:
        """The file as it stands, for a run that pins it. Raises NotFound."""
        wanted = self.get(path).path
        file = self._inside(self._root / wanted)
        if file is None:
            raise NotFound(f"there is no runbook {path}", fix=f"the files below {FOLDER}/ are the library")
        return file.read_bytes().decode("utf-8", "replace")

    def matching(
        self,
        service_name: str,
        service: Service | None = None,
        alert_name: str = "",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        severity: str = "",
    ) -> list[Document]:
        """The runbooks that fit, the surest first."""
        told = _Told(name=alert_name, labels=labels or {}, annotations=annotations or {})
        service = service or self._current().service(service_name)
        return [match.document for match in self.matches(service_name, service, told, severity)]

    def matches(
        self, service_name: str, service: Service, told: AlertLike, severity: str = ""
    ) -> list[Match]:
        """The same for an alert as it stands in the ledger, with reasons.

        By runbook_url, then the globs of the service, the name of the alert, a trigger, the service.
        """
        facts = facts_of(told, service_name, service)
        ranked: list[tuple[tuple[int, int, str], Match]] = []
        for document in self.all():
            fit = _fit(document, service_name, service, told, facts)
            if fit is None:
                continue
            rank, why = fit
            other = 0 if severity and document.severity == severity else 1
            ranked.append(((rank, other, document.path), Match(document=document, why=why)))
        return [match for _, match in sorted(ranked, key=lambda each: each[0])]

    def _files(self) -> Iterator[tuple[str, Path]]:
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            for name in sorted(names):
                if not name.lower().endswith(_SUFFIXES) or name.startswith("."):
                    continue
                file = self._inside(Path(folder) / name)
                if file is not None:
                    yield (Path(folder) / name).relative_to(self._root).as_posix(), file

    def _inside(self, file: Path) -> Path | None:
        """The file itself, links followed, if it is one and lies in the library."""
        try:
            real = file.resolve(strict=True)
            if real.is_file() and real.is_relative_to(self._root.resolve()):
                return real
        except (OSError, RuntimeError, ValueError):  # gone, a loop of links, a name the system refuses
            return None
        return None

    def _document(self, path: str, file: Path) -> Document | None:
        """The reading of a file, from memory while the file is as it was."""
        try:
            status = file.stat()
            kept = self._kept.get(path)
            if kept and (kept.changed_ns, kept.size) == (status.st_mtime_ns, status.st_size):
                return kept.document
            with file.open("rb") as opened:
                document = read(path, opened.read(LARGEST + 1))
        except OSError:
            return None
        self._kept[path] = _Kept(status.st_mtime_ns, status.st_size, document)
        return document


def _fit(
    document: Document, service_name: str, service: Service, told: AlertLike, facts: Facts
) -> tuple[int, str] | None:
    """How well a runbook fits, 0 is best, and why; None if it does not."""
    urls = [
        value for key in _URL_KEYS for value in (told.annotations.get(key), told.labels.get(key)) if value
    ]
    if any(_points_at(url, document) for url in urls):
        return 0, "the alert's runbook_url names it"
    for position, glob in enumerate(service.runbooks):
        if fnmatchcase(document.path, glob) and _triggered(document, facts) is not False:
            return 1 + position, f"the service's runbooks: {glob}"
    after = 1 + len(service.runbooks)
    if document.service and document.service not in (service_name, service.title):
        return None
    if told.name and _slug(told.name) in (_slug(document.title), _slug(PurePosixPath(document.path).stem)):
        return after, f"it is named like the alert {told.name}"
    match _triggered(document, facts):
        case str() as trigger:
            return after + 1, f"its trigger is true: {trigger}"
        case None if document.service:
            return after + 2, f"it is written for {document.service}"
        case _:
            return None


def _triggered(document: Document, facts: Facts) -> str | bool | None:
    """The trigger that is true; False if there are some and none is; None if there are none."""
    if not document.triggers:
        return None
    values = facts.values()
    return next(
        (each for each in document.triggers if compile_condition(each, ALERT).evaluate(values).true), False
    )


def _points_at(url: str, document: Document) -> bool:
    """Whether an address ends in the path of a runbook, as file or as page."""
    path = url.partition("#")[0].partition("?")[0].rstrip("/")
    stem = document.path.rsplit(".", 1)[0]
    return any(path == each or path.endswith(f"/{each}") for each in (document.path, stem))


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")
