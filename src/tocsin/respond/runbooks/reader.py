"""What does this file say? From bytes to a `Document`; whatever the bytes are, the answer is a document.

Bytes become text, text becomes a tree of headings and blocks, headings get roles, and each role is read in its own
way: diagnosis as steps, resolution as ladders, degrade as options, verification as one round. What stands elsewhere
is kept as well. What the author should know is told as findings; nothing is ever raised for what a file holds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tocsin.ground.kernel.conditions import ALERT, BadCondition, compile_condition
from tocsin.respond.runbooks.document import Document, Finding, Ladder, Option, Section, Start, Step
from tocsin.respond.runbooks.reading import frontmatter, inputs, text
from tocsin.respond.runbooks.reading.amounts import seconds, watch_seconds
from tocsin.respond.runbooks.reading.blocks import (
    Block,
    Bullets,
    Fence,
    Paragraph,
    Part,
    Quote,
    fences_in,
    parts_of,
)
from tocsin.respond.runbooks.reading.fences import Lead, Reader
from tocsin.respond.runbooks.reading.frontmatter import FrontMatter
from tocsin.respond.runbooks.reading.headings import plain, role_of, title_of
from tocsin.respond.runbooks.reading.labels import labels_in
from tocsin.respond.runbooks.reading.options import options_of
from tocsin.respond.runbooks.reading.rungs import ladders_of
from tocsin.respond.runbooks.reading.steps import Place, collect

_DIAGNOSING = frozenset({"diagnosis", "detection"})
_ACTING = frozenset({"diagnosis", "procedure"})
"""Roles below which numbered and ticked items are things to do."""

_SEVERITY = re.compile(r"\b(?:P|SEV-?|S)([0-4])\b", re.IGNORECASE)
_BOLD_LINE = re.compile(r"^\*\*[^*]{1,200}\*\*$")
_STARTS: dict[str, Start] = {"suggest": "suggest", "automatic": "automatic", "manual": "manual"}


def read(path: str, data: bytes) -> Document:
    """The runbook in these bytes. `path` names it and is otherwise not looked at."""
    whole, findings = text.decode(data)
    front, body = frontmatter.take(whole)
    root = parts_of(body)
    reading = _Reading()
    reading.visit(root, "")
    _left_over(reading, root)
    reader = reading.reader
    every = [*reading.diagnosis, *_steps_of(reading.ladders), *reading.verification, *reading.other]
    every.extend(step for option in reading.degrade for step in option.steps)
    findings.extend([*front.findings, *reader.findings, *_triggers_told(front), *_missing(reading, root)])
    title = front.text("title") or _title(root) or path.rsplit("/", 1)[-1]
    return Document(
        path=path,
        hash=hashlib.sha256(data).hexdigest(),
        title=title,
        language=text.language_of(body),
        front_matter=front.values,
        owner=front.text("owner") or _said(root, "owner"),
        service=front.text("service"),
        severity=front.text("severity") or _severity(root),
        sections=tuple(_sections(root, body)),
        diagnosis=tuple(reading.diagnosis),
        ladders=tuple(reading.ladders),
        degrade=tuple(reading.degrade),
        verification=tuple(reading.verification),
        other_steps=tuple(reading.other),
        inputs=inputs.collect(every, reader.defaults, front.map("inputs")),
        findings=tuple(sorted(findings, key=lambda each: each.line)),
        soak_s=_soak(front, root),
        start=_STARTS.get(front.text("start").lower(), "suggest"),
        triggers=tuple(each for each in front.texts("triggers") if _is_trigger(each)),
    )


@dataclass(slots=True)
class _Reading:
    """Where the steps of a document go, part by part."""

    reader: Reader = field(default_factory=Reader)
    diagnosis: list[Step] = field(default_factory=list[Step])
    ladders: list[Ladder] = field(default_factory=list[Ladder])
    degrade: list[Option] = field(default_factory=list[Option])
    verification: list[Step] = field(default_factory=list[Step])
    other: list[Step] = field(default_factory=list[Step])

    def visit(self, part: Part, inherited: str) -> None:
        """Reads a part by its role; an unknown heading keeps the role of what stands above it."""
        role = role_of(part.heading) or inherited
        if role == "resolution":
            for ladder in ladders_of(self.reader, part):
                runnable = self._without_reference(ladder)
                if runnable.rungs:
                    self.ladders.append(runnable)
            self._below_resolution(part)
            return
        if role == "degrade":
            for option in options_of(self.reader, part):
                self.other.extend(step for step in option.steps if step.kind == "reference")
                runs = tuple(step for step in option.steps if step.kind != "reference")
                self.degrade.append(replace(option, steps=runs))
            return
        found = collect(self.reader, part.blocks, Place(role, part.heading, manual=role in _ACTING))
        steps = found.together()
        runs = [step for step in steps if step.kind != "reference"]
        self.other.extend(step for step in steps if step.kind == "reference")
        if role in _DIAGNOSING:
            self.diagnosis.extend(runs)
        elif role == "verification":
            self.verification.extend(runs)
        else:
            self.other.extend(runs)
        for child in part.parts:
            self.visit(child, role)

    def _below_resolution(self, part: Part) -> None:
        """Sections of another role that stand inside a resolution; what is degraded may stand deeper."""
        for child in part.parts:
            role = role_of(child.heading)
            if role not in (None, "resolution", "procedure"):
                self.visit(child, "resolution")
            else:
                self._degrade_within(child)

    def _degrade_within(self, part: Part) -> None:
        for child in part.parts:
            if role_of(child.heading) == "degrade":
                self.visit(child, "resolution")
            else:
                self._degrade_within(child)

    def _without_reference(self, ladder: Ladder) -> Ladder:
        """The ladder with only what can be run or done; code to read is kept with the other steps."""
        for rung in ladder.rungs:
            self.other.extend(step for step in (*rung.steps, *rung.checks) if step.kind == "reference")
        return _only_runnable(ladder)


def _only_runnable(ladder: Ladder) -> Ladder:
    def runs(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(step for step in steps if step.kind != "reference")

    rungs = tuple(replace(rung, steps=runs(rung.steps), checks=runs(rung.checks)) for rung in ladder.rungs)
    return replace(ladder, rungs=tuple(rung for rung in rungs if rung.steps or rung.checks))


def _left_over(reading: _Reading, root: Part) -> None:
    """Blocks in places where nothing is looked for are kept too, so that none of a document is lost."""
    for part in root.walk():
        for fence in fences_in(part.blocks):
            if not reading.reader.is_taken(fence):
                lead = Lead(title=title_of(part.heading) or f"line {fence.line}", role="", caution=False)
                reading.other.append(reading.reader.step(fence, lead)[0])


def _steps_of(ladders: list[Ladder]) -> Iterator[Step]:
    for ladder in ladders:
        for rung in ladder.rungs:
            yield from rung.steps
            yield from rung.checks


def _title(root: Part) -> str:
    """The heading of the first level; else a first line that is bold as a whole; else a first heading that names no
    section.
    """
    first = root.parts[0] if root.parts else None
    if first is not None and first.level == 1:
        return title_of(first.heading)
    for line in _lines(root.blocks[:1]):
        if _BOLD_LINE.match(line):
            return title_of(line)
    return title_of(first.heading) if first is not None and role_of(first.heading) is None else ""


def _sections(root: Part, body: str) -> Iterator[Section]:
    lines = body.split("\n")
    waiting: list[tuple[Part, str]] = [(part, "") for part in reversed(root.parts)]
    while waiting:
        part, inherited = waiting.pop()
        role = role_of(part.heading) or inherited
        yield Section(
            role=role,
            heading=plain(part.heading),
            line=part.line,
            text="\n".join(lines[part.line : part.end - 1]).strip("\n"),
            level=part.level,
        )
        waiting.extend((child, role) for child in reversed(part.parts))


def _said(root: Part, name: str) -> str:
    """The value of a label anywhere in the document, the last one: such lines stand at the end."""
    found = [label.value for part in root.walk() for label in labels_in(part.blocks) if label.label == name]
    return plain(found[-1]) if found else ""


def _severity(root: Part) -> str:
    for part in root.walk():
        if role_of(part.heading) == "severity":
            for block in part.blocks:
                found = _SEVERITY.search(block.text) if isinstance(block, Paragraph) else None
                if found:
                    return f"P{found.group(1)}"
    found = _SEVERITY.search(_said(root, "severity"))
    return f"P{found.group(1)}" if found else ""


def _soak(front: FrontMatter, root: Part) -> float | None:
    """How long recovery is watched: said in the front matter, on a line `Soak:`, or in a sentence."""
    told = front.text("soak")
    if told:
        return seconds(told)
    for part in root.walk():
        for label in labels_in(part.blocks):
            if label.label == "soak" and (found := seconds(label.value)) is not None:
                return found
    return _watched(root, "")


def _watched(part: Part, inherited: str) -> float | None:
    role = role_of(part.heading) or inherited
    if role == "verification":
        for line in _lines(part.blocks):
            found = watch_seconds(plain(line))
            if found is not None:
                return found
    for child in part.parts:
        found = _watched(child, role)
        if found is not None:
            return found
    return None


def _lines(blocks: list[Block]) -> Iterator[str]:
    """The lines of text in these blocks, those of drawings in fences included."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from block.text.split("\n")
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from _lines(item.blocks)
        elif isinstance(block, Quote):
            yield from _lines(block.blocks)
        elif isinstance(block, Fence) and not block.info:
            yield from block.text.split("\n")


def _is_trigger(told: str) -> bool:
    try:
        compile_condition(told, ALERT)
    except BadCondition:
        return False
    return True


def _triggers_told(front: FrontMatter) -> Iterator[Finding]:
    for told in front.texts("triggers"):
        try:
            compile_condition(told, ALERT)
        except BadCondition as error:
            message = f"the trigger {told} cannot be used: {error.message}".split("\n")[0]
            yield Finding(rule="trigger", level="error", line=1, message=message, fix=error.fix)


def _missing(reading: _Reading, root: Part) -> Iterator[Finding]:
    if reading.ladders and not reading.verification:
        yield Finding(
            rule="no-verification",
            level="warning",
            line=root.parts[0].line if root.parts else 1,
            message="nothing says how to tell that the service is well again",
            fix="add a section Verification with a request and what it must answer",
        )
