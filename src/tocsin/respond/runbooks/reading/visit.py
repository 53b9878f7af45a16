"""Where do the steps of a document go? Part by part, each read by the role of its heading.

Drawings and tables are read first, since a ladder that is drawn is the ladder; a block of commands that tells the
same attempts once more stays a step of its own, and is told to the author.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tocsin.act.guard.shell import parse
from tocsin.respond.runbooks.document import Cause, Checklist, Decision, Ladder, Option, Step, steps_within
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Paragraph, Part, fences_in, grids_in
from tocsin.respond.runbooks.reading.code.attributes import split_info
from tocsin.respond.runbooks.reading.code.fences import Lead, Reader
from tocsin.respond.runbooks.reading.code.languages import DRAWN
from tocsin.respond.runbooks.reading.drawn.drawing import read_drawing
from tocsin.respond.runbooks.reading.facts.causes import (
    before_causes,
    causes_of,
    causes_of_grid,
    is_cause,
    outside_causes,
)
from tocsin.respond.runbooks.reading.facts.clocks import clocks_in_fence
from tocsin.respond.runbooks.reading.facts.people import people_in_fence
from tocsin.respond.runbooks.reading.facts.tables import check_steps, decision_of, use_of
from tocsin.respond.runbooks.reading.headings import is_proving, role_of, role_under, title_of
from tocsin.respond.runbooks.reading.options import options_of
from tocsin.respond.runbooks.reading.rungs import by_hand, ladders_of
from tocsin.respond.runbooks.reading.steps import Place, collect

_DIAGNOSING = frozenset({"diagnosis", "detection"})
_SPOKEN = frozenset({"diagnosis", "verification"})
"""Roles below which a list is something to do, where nothing else is."""

_BOXES = ("□", "☐", "☑", "▢")
_ACTING = frozenset({"diagnosis", "procedure"})
"""Roles below which numbered and ticked items are things to do."""


class Visit:
    """The steps of one document, by what a run does with them."""

    def __init__(self) -> None:
        self.reader = Reader()
        self.diagnosis: list[Step] = []
        self.ladders: list[Ladder] = []
        self.degrade: list[Option] = []
        self.verification: list[Step] = []
        self.causes: list[Cause] = []
        self.decisions: list[Decision] = []
        self.checklists: list[Checklist] = []
        self.other: list[Step] = []
        self._drawn: dict[int, set[str]] = {}  # by the line of a part: the roles that are drawn in it

    def read(self, root: Part) -> None:
        """Reads everything below a part, and keeps what no role wants."""
        self._read_drawings(root)
        self._visit(root, "", frozenset())
        self._keep_the_rest(root)
        self.ladders.sort(key=lambda each: each.line)
        self.degrade.sort(key=lambda each: each.line)

    def steps(self) -> Iterator[Step]:
        """Every step once."""
        yield from self.diagnosis
        yield from steps_within(self.ladders, self.degrade, self.causes)
        yield from self.verification
        yield from self.other

    def _read_drawings(self, root: Part) -> None:
        """Trees and flows, wherever they are drawn."""
        waiting: list[tuple[Part, str]] = [(root, "")]
        while waiting:
            part, inherited = waiting.pop()
            role = role_under(part.heading, inherited, part.level)
            for fence in fences_in(part.blocks):
                if split_info(fence.info)[0] not in DRAWN or self.reader.is_taken(fence):
                    continue
                drawing = read_drawing(self.reader, fence, role, part.heading)
                if drawing is None:
                    if people_in_fence(fence):
                        self.reader.use(fence, "reference", "whom to reach")
                    elif clocks_in_fence(fence):
                        self.reader.use(fence, "reference", "a time table")
                    continue
                self.decisions.extend(drawing.decisions)
                self.checklists.extend(drawing.checklists)
                self.degrade.extend(drawing.options)
                self.other.extend(drawing.steps)
                self.ladders.extend(drawing.ladders)
                if drawing.ladders:
                    self._drawn.setdefault(part.line, set()).add("resolution")
                if drawing.options:
                    self._drawn.setdefault(part.line, set()).add("degrade")
            waiting.extend((child, role) for child in reversed(part.parts))

    def _visit(self, part: Part, inherited: str, drawn: frozenset[str]) -> None:
        """Reads a part by its role; an unknown heading keeps the role of what stands above it. `drawn` are the roles
        that a drawing above has already told.
        """
        role = role_under(part.heading, inherited, part.level)
        drawn |= self._drawn.get(part.line, set())
        if role == "procedure" and is_proving(part.heading):
            role = "verification"
        self._read_tables(part, role)
        if role == "cause" or any(is_cause(child.heading) for child in part.parts):
            causes = causes_of(self.reader, part)
            if causes:
                self._add_causes(causes, part, role)
                for child in outside_causes(part):
                    self._visit(child, role, drawn)
                return
        if role == "resolution" and role not in drawn:
            for ladder in ladders_of(self.reader, part):
                runnable = self._without_reference(ladder)
                if runnable.rungs:
                    self.ladders.append(runnable)
            self._below_resolution(part, drawn)
            return
        if role == "degrade" and role not in drawn:
            for option in options_of(self.reader, part):
                self.other.extend(step for step in option.steps if step.kind == "reference")
                runs = tuple(step for step in option.steps if step.kind != "reference")
                self.degrade.append(replace(option, steps=runs))
            return
        steps = self._place(part, part.blocks, role)
        if role in drawn:
            self._told_twice(steps)
        for child in part.parts:
            self._visit(child, role, drawn)

    def _place(self, part: Part, blocks: Sequence[Block], role: str) -> list[Step]:
        """The steps of these blocks, put where their role wants them."""
        steps = collect(self.reader, blocks, Place(role, part.heading, manual=role in _ACTING)).together()
        runs = [step for step in steps if step.kind != "reference"]
        self.other.extend(step for step in steps if step.kind == "reference")
        if role in _SPOKEN and not runs and any(_is_list(block) for block in blocks):
            runs = by_hand(self.reader, blocks, role).steps
        if role in _DIAGNOSING:
            self.diagnosis.extend(runs)
        elif role == "verification":
            self.verification.extend(runs)
        else:
            self.other.extend(runs)
        return steps

    def _add_causes(self, causes: Sequence[Cause], part: Part, role: str) -> None:
        """Causes with what can be done against them; code to read is kept with the other steps."""
        for cause in causes:
            self.other.extend(step for step in cause.steps if step.kind == "reference")
            runs = tuple(step for step in cause.steps if step.kind != "reference")
            self.causes.append(replace(cause, steps=runs))
        self._place(part, before_causes(part), role)

    def _read_tables(self, part: Part, role: str) -> None:
        for grid in grids_in(part.blocks):
            match use_of(grid, role, part.heading):
                case "checks":
                    steps = check_steps(self.reader, grid, role, part.heading)
                    (self.verification if role == "verification" else self.diagnosis).extend(steps)
                case "causes":
                    self.causes.extend(causes_of_grid(grid, role, part.heading, self.reader))
                case "decisions":
                    decision = decision_of(grid, role, part.heading)
                    self.decisions.extend([decision] if decision is not None else [])
                case _:
                    pass

    def _told_twice(self, steps: Sequence[Step]) -> None:
        """Says so where a block below a drawn ladder holds commands that the ladder does not have, or others."""
        drawn = {_command(step) for ladder in self.ladders for rung in ladder.rungs for step in rung.steps}
        for step in steps:
            root = parse(step.text) if step.kind == "bash" else None
            if root is None or root.has_error:
                continue
            lines = {_bare(line) for line in step.text.split("\n") if _bare(line)}
            if lines & drawn and not lines <= drawn:
                self.reader.note(
                    "ladder-told-twice",
                    "warning",
                    step.line,
                    "this block tells the attempts of the drawing above in another way; the drawing is what runs",
                    "say it once: keep the drawing, or write one heading per attempt with its block",
                )

    def _below_resolution(self, part: Part, drawn: frozenset[str]) -> None:
        """Sections of another role that stand inside a resolution; what is degraded may stand deeper."""
        for child in part.parts:
            role = role_of(child.heading)
            if role not in (None, "resolution", "procedure"):
                self._visit(child, "resolution", drawn)
            else:
                self._degrade_within(child, drawn)

    def _degrade_within(self, part: Part, drawn: frozenset[str]) -> None:
        for child in part.parts:
            if role_of(child.heading) == "degrade":
                self._visit(child, "resolution", drawn)
            else:
                self._degrade_within(child, drawn)

    def _without_reference(self, ladder: Ladder) -> Ladder:
        """The ladder with only what can be run or done; code to read is kept with the other steps."""
        for rung in ladder.rungs:
            self.other.extend(step for step in (*rung.steps, *rung.checks) if step.kind == "reference")
        return _only_runnable(ladder)

    def _keep_the_rest(self, root: Part) -> None:
        """Blocks in places where nothing is looked for are kept too, so that none of a document is lost."""
        for part in root.walk():
            for fence in fences_in(part.blocks):
                if not self.reader.is_taken(fence):
                    lead = Lead(title=title_of(part.heading) or f"line {fence.line}", role="", caution=False)
                    self.other.append(self.reader.step(fence, lead)[0])


def _is_list(block: Block) -> bool:
    """A list, also one that is written as lines with boxes."""
    return isinstance(block, Bullets) or (isinstance(block, Paragraph) and block.text.startswith(_BOXES))


def _only_runnable(ladder: Ladder) -> Ladder:
    def runs(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(step for step in steps if step.kind != "reference")

    rungs = tuple(replace(rung, steps=runs(rung.steps), checks=runs(rung.checks)) for rung in ladder.rungs)
    return replace(ladder, rungs=tuple(rung for rung in rungs if rung.steps or rung.checks))


def _command(step: Step) -> str:
    return _bare(step.text)


def _bare(line: str) -> str:
    """A command without its comment and its spacing."""
    return " ".join(line.partition(" #")[0].split()) if not line.lstrip().startswith("#") else ""
