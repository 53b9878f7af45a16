"""What does a rule look at? One document, the blocks of its file, and what is known around it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal

from tocsin.ground.catalogue import Service
from tocsin.respond.runbooks.document import Document, Section, Step
from tocsin.respond.runbooks.lint.alerts import AlertRule
from tocsin.respond.runbooks.lint.commands import Command, commands_in
from tocsin.respond.runbooks.lint.ignoring import Ignore
from tocsin.respond.runbooks.lint.versions import Versions, versions_of
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Part, Quote, fences_in

SubjectKind = Literal["incident", "procedure", "template", "index", "policy", "alerts"]

_NO_RUNBOOKS = frozenset(
    {
        "readme", "index", "_index", "summary", "contributing", "changelog", "license", "security",
        "code_of_conduct", "authors", "maintainers", "template", "_template",
    }
)  # fmt: skip
"""Pages that lie beside runbooks in every repository."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is known beside the file itself; a rule that needs what is not known says nothing."""

    now: datetime | None = None
    documents: Mapping[str, Document] = field(default_factory=dict[str, Document])  # all of them, by path
    services: Mapping[str, Service] = field(default_factory=dict[str, Service])

    @cached_property
    def versions(self) -> Versions:
        """The same documents, those together that say the same in several languages."""
        return versions_of(self.documents)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A document to be looked at. `root` is its part of the file: of a runbook that shares a file, its own."""

    document: Document
    root: Part
    lines: list[str]  # of the whole file
    outer: Document | None = None  # the file's own document, where this one stands inside it
    alerts: tuple[AlertRule, ...] = ()  # of a file with alert rules
    ignores: tuple[Ignore, ...] = ()  # of the whole file
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def kind(self) -> SubjectKind:
        return "alerts" if self.alerts else self.document.kind

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.document.path)

    @property
    def head(self) -> int:
        """The line of its title: where things that are missing are told."""
        first = self.root if self.root.heading else next(iter(self.root.parts), None)
        return first.line if first is not None else self.document.line

    @cached_property
    def tells_what_to_do(self) -> bool:
        """Is it, or what stands in it, to be carried out: are there attempts, or steps to run?"""
        if self.path.stem.casefold() in _NO_RUNBOOKS and not self.document.front_matter.get("service"):
            return False
        return any(
            page.ladders or any(step.kind not in ("reference", "manual") for step in page.steps())
            for page in self.document.within()
            if page.kind != "template"
        )

    @cached_property
    def service(self) -> Service | None:
        """The service it is for, as the configuration has it."""
        named = self.document.service or (self.outer.service if self.outer else "")
        return self.around.services.get(named)

    @property
    def by_itself(self) -> bool:
        """May a run go on without a person?"""
        return self.document.start == "automatic" or (
            self.service is not None and self.service.automatic != "none"
        )

    def roles(self) -> frozenset[str]:
        return frozenset(section.role for section in self.document.sections)

    # Blocks

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its headings, in the order of the file, those of the documents inside it left out."""
        inner = {each.line for each in self.document.documents}
        found: list[Part] = []
        waiting = [self.root]
        while waiting:
            part = waiting.pop()
            found.append(part)
            waiting.extend(each for each in reversed(part.parts) if each.line not in inner)
        return tuple(found)

    @cached_property
    def fences(self) -> dict[int, Fence]:
        """Its fences by the line of their opening mark."""
        return {fence.line: fence for part in self.parts for fence in fences_in(part.blocks)}

    def blocks(self) -> Iterator[Block]:
        """Every block, those inside items and quotes too, in the order of the file."""
        for part in self.parts:
            waiting: list[Block] = list(reversed(part.blocks))
            while waiting:
                block = waiting.pop()
                yield block
                if isinstance(block, Quote):
                    waiting.extend(reversed(block.blocks))
                elif isinstance(block, Bullets):
                    for item in reversed(block.items):
                        waiting.extend(reversed(item.blocks))

    def fence_of(self, line: int) -> Fence | None:
        """The fence in which a line stands."""
        at = bisect_right(self._fence_lines, line) - 1
        fence = self.fences[self._fence_lines[at]] if at >= 0 else None
        return fence if fence is not None and line < fence.end else None

    @cached_property
    def _fence_lines(self) -> list[int]:
        return sorted(self.fences)

    def line_with(self, word: str) -> int:
        """The first line of the file that holds a word, else that of the title."""
        return next((number for number, line in enumerate(self.lines, 1) if word in line), self.head)

    def section_at(self, line: int) -> Section | None:
        """The nearest heading above a line."""
        found: Section | None = None
        for section in self.document.sections:
            if section.line > line:
                break
            found = section
        return found

    # Steps

    @cached_property
    def runnable(self) -> tuple[Step, ...]:
        """The steps that Tocsin would run, in the order of the file."""
        found = {
            id(step): step
            for step in self.document.steps()
            if not step.by_hand and step.kind not in ("reference", "manual")
        }
        return tuple(sorted(found.values(), key=lambda step: step.line))

    def commands(self) -> Iterator[tuple[Step, Command]]:
        """Every command of every shell step that would run."""
        for step in self.runnable:
            if step.kind == "bash":
                for command in commands_in(step.text):
                    yield step, command

    def line_of(self, step: Step, row: int) -> int:
        """The line of the file on which a row of the step's text stands. Prompts and output may stand between."""
        fence = self.fence_of(step.line)
        if fence is None:
            return step.line
        told = step.text.split("\n")
        written = fence.text.rstrip("\n").split("\n")
        if len(told) == len(written):
            return fence.text_line + min(row, len(written) - 1)
        wanted = told[row].strip() if row < len(told) else ""
        first = max(step.line - fence.text_line, 0)  # the step may be a piece of its fence
        for at, line in enumerate(written[first:], first):
            if wanted and line.strip().endswith(wanted):
                return fence.text_line + at
        return step.line
