"""What is wrong in these files and folders? Runbooks and alert rules are read together: they point at each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.respond.runbooks.document import Document, Finding
from tocsin.respond.runbooks.lint.alerts import AlertRule, alert_rules
from tocsin.respond.runbooks.lint.linter import lint, lint_alerts
from tocsin.respond.runbooks.lint.subject import Subject, Surroundings
from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.reading.blocks import Part
from tocsin.respond.runbooks.reading.text import LARGEST, decode

MARKDOWN = (".md", ".markdown")
YAML = (".yml", ".yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Linted:
    """A file and what is to be said of it."""

    path: str
    findings: tuple[Finding, ...]


def lint_folder(
    paths: Sequence[Path], around: Surroundings | None = None, *, only: Collection[str] = ()
) -> list[Linted]:
    """What the rules say of these files, and of every runbook and alert rule below these folders, by path.

    The paths of the answer begin as those given do. Links are looked up from there, and may lead as far as the git
    checkout that holds them goes, else as far as the folder. A file that cannot be read raises OSError.
    """
    borders = _borders(paths)
    documents: dict[str, Document] = {}
    alerts: dict[str, tuple[AlertRule, ...]] = {}
    for file in _files(paths):
        path = file.as_posix()
        if file.suffix.lower() in YAML:
            alerts[path] = alert_rules(_bytes(file))
        else:
            documents[path] = read(path, _bytes(file), _leads(file, borders))
    around = around or Surroundings()
    around = replace(around, documents={**around.documents, **documents})
    told = [
        Linted(path=path, findings=tuple(lint(document, _bytes(Path(path)), around, only=only)))
        for path, document in documents.items()
    ]
    for path, declared in alerts.items():
        if declared:
            subject = _alerts_subject(path, declared, around)
            told.append(Linted(path=path, findings=tuple(lint_alerts(subject, only=only))))
    return sorted(told, key=lambda each: each.path)


def _alerts_subject(path: str, declared: tuple[AlertRule, ...], around: Surroundings) -> Subject:
    text, _ = decode(_bytes(Path(path)))
    lines = text.split("\n")
    return Subject(
        document=Document(path=path, hash="", title=path),
        root=Part(heading="", level=0, line=1, end=len(lines) + 1),
        lines=lines,
        alerts=declared,
        around=around,
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Each file once, in the order of the alphabet within a folder."""
    seen: set[Path] = set()
    for path in paths:
        for file in _below(path) if path.is_dir() else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def _below(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each != "node_modules")
        for name in sorted(names):
            file = Path(folder) / name
            wanted = name.lower().endswith((*MARKDOWN, *YAML)) and not name.startswith(".")
            if wanted and file.is_file():  # a link may lead nowhere
                yield file


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _borders(paths: Sequence[Path]) -> list[Path]:
    """As far as links may lead: the git checkouts that hold these paths, and their folders where there is none."""
    folders = [(path if path.is_dir() else path.parent).resolve() for path in paths]
    return [
        next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
        for folder in folders
    ]


def _leads(file: Path, borders: Sequence[Path]) -> Callable[[str], bool | None]:
    """Whether what a file points at is there; None where that lies outside.

    Generators of sites leave the ending away, and give each page a folder of its own.
    """

    def leads(target: str) -> bool | None:
        if target.startswith("/"):
            return None  # from the root of a site that nobody knows here
        meant = [file.parent / target]
        if "." not in target.rstrip("/").rsplit("/", 1)[-1].lstrip("."):
            page = file.with_suffix("") / target
            meant += [file.parent / f"{target.rstrip('/')}.md", page, page.parent / f"{page.name}.md"]
        try:
            inside = [
                each
                for each in (Path(os.path.abspath(each)) for each in meant)
                if any(each.is_relative_to(border) for border in borders)
            ]
            return any(each.exists() for each in inside) if inside else None
        except (OSError, ValueError):  # a name that the system refuses
            return False

    return leads
