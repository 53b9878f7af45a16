"""What would a run of this runbook do, in which order? The document made flat, and pinned with the run.

A run carries its plan as JSON in its own row: neither an edit of the file nor an upgrade of the reader can make a
step that is done look like one that is still to do. Keys of steps are unique in the plan and safe as file names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import msgspec

from tocsin.respond.runbooks.document import Document, Rung, Step

RESOLVING = frozenset({"resolution", "procedure", "mitigation"})
"""Roles of sections whose loose steps make one rung of their own where the document has no ladder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """A step as it will run. `id` is the document's, `key` the run's: a check of each round has its own key."""

    key: str
    id: str
    title: str
    kind: str  # bash | sql | http | action | manual | checks (a round of the service's checks)
    text: str = ""
    level: str = "read"
    language: str = ""
    line: int = 0
    inputs: tuple[str, ...] = ()
    expect: str | None = None
    expect_text: str | None = None
    wait_s: float = 0.0
    timeout_s: float = 60.0
    retries: int = 0
    poll_s: float = 0.0
    poll_for_s: float = 0.0
    approve: str | None = None
    approvals: int = 1
    idempotent: bool = False
    done_when: str | None = None
    on: str | None = None
    streams: bool = False
    option: bool = False  # of a degrade option: asks a person unless it is marked as needing none
    action: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    sample_output: str = ""  # what a simulated drill takes for its answer

    @classmethod
    def of(cls, step: Step, key: str, *, option: bool = False, approvals: int = 1) -> PlannedStep:
        """The step as its run will carry it; `approvals` are those that its document wants for what changes."""
        shared = {each.name for each in fields(Step)} & {each.name for each in fields(cls)}
        told = {name: getattr(step, name) for name in shared}
        if step.level != "read":
            told["approvals"] = max(step.approvals, approvals)
        if step.by_hand:
            told["kind"] = "manual"
        return cls(key=key, option=option, **told)

    @property
    def measured(self) -> bool:
        """Does something judge it besides its exit code, which alone never proves a recovery?"""
        return self.expect is not None or self.kind == "checks"

    @property
    def repeatable(self) -> bool:
        """May it simply run again when nobody knows how far it came?"""
        return self.level == "read" or self.idempotent

    def text_hash(self, values: Mapping[str, str], place: str = "") -> str:
        """What an approval is bound to: the text exactly as it will run, with the values that it will see, and the
        seal of its place (`seal.py`) where it names one.
        """
        seen = {name: values.get(name) for name in sorted(self.inputs)}
        exact = [
            self.kind,
            self.text,
            self.on,
            self.action,
            self.arguments,
            seen,
            *([place] if place else []),
        ]
        return hashlib.sha256(msgspec.json.encode(exact)).hexdigest()

    def in_round(self, round_key: str) -> PlannedStep:
        return replace(self, key=f"{round_key}.{self.key}")


CHECKS = PlannedStep(key="checks", id="checks", title="The service's checks", kind="checks")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A rung of the ladder, or a degrade option after the last one: tried as a whole, then judged."""

    key: str
    kind: str  # rung | option
    title: str
    line: int = 0
    steps: tuple[PlannedStep, ...] = ()
    checks: tuple[PlannedStep, ...] = ()
    condition: str = ""
    match: tuple[str, ...] = ()  # of a cause: its author's words of evidence
    evidence: tuple[str, ...] = ()  # what speaks for it in this run; never pinned

    @property
    def is_cause(self) -> bool:
        return self.key.startswith("cause")

    @property
    def name(self) -> str:
        return self.title

    @property
    def symptom(self) -> str:
        return self.condition

    @property
    def waits(self) -> bool:
        """Did the author say how long to wait before judging?"""
        return any(step.wait_s or step.poll_for_s for step in (*self.steps, *self.checks))


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Diagnosis, then the parts in the order of risk, each judged by the verification.

    `alone`: a single action that somebody asked for by its name; its own end is the run's.
    """

    alone: bool = False
    diagnosis: tuple[PlannedStep, ...] = ()
    parts: tuple[Part, ...] = ()
    verification: tuple[PlannedStep, ...] = ()

    def steps(self) -> Iterator[PlannedStep]:
        yield from self.diagnosis
        for part in self.parts:
            yield from part.steps
            yield from part.checks
        yield from self.verification

    def find(self, key: str) -> PlannedStep | None:
        """The step of a key as rows carry it, which for a verification starts with the round's."""
        known = {step.key: step for step in (*self.steps(), CHECKS)}
        if key in known:
            return known[key]
        round_key, _, rest = key.rpartition(".")
        return known[rest].in_round(round_key) if rest in known else None

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)


def plan_of(document: Document) -> Plan:
    """The whole way of a run through the document. Reference code is to read, not to run, and is left out."""
    keys = _Keys(document.approvals)
    diagnosis = tuple(keys.planned(step) for step in document.diagnosis if _runs(step))
    parts = list(_causes(document, keys))
    for number, rung in enumerate(_rungs(document), start=1):
        parts.append(
            Part(
                key=f"rung{number}",
                kind="rung",
                title=rung.title,
                line=rung.line,
                steps=tuple(keys.planned(step) for step in rung.steps if _runs(step)),
                checks=tuple(keys.planned(step) for step in rung.checks if _runs(step)),
            )
        )
    for number, option in enumerate(document.degrade, start=1):
        steps = [keys.planned(step, option=True) for step in option.steps if _runs(step)]
        if steps:
            parts.append(
                Part(
                    key=f"option{number}",
                    kind="option",
                    title=option.title,
                    line=option.line,
                    steps=tuple(steps),
                    condition=option.condition,
                )
            )
    verification = tuple(keys.planned(step) for step in document.verification if _runs(step))
    return Plan(diagnosis=diagnosis, parts=tuple(parts), verification=verification)


def _causes(document: Document, keys: _Keys) -> Iterator[Part]:
    """What helps against each known cause, before the ladder: a person decides whether the symptom is this one."""
    helped = [cause for cause in document.causes if any(_runs(step) for step in cause.steps)]
    for number, cause in enumerate(helped, start=1):
        yield Part(
            key=f"cause{number}",
            kind="rung",
            title=cause.name,
            line=cause.line,
            steps=tuple(keys.planned(step, option=True) for step in cause.steps if _runs(step)),
            condition=cause.symptom,
            match=cause.match,
        )


def _rungs(document: Document) -> list[Rung]:
    rungs = [rung for ladder in document.ladders for rung in ladder.rungs]
    whole = document.kind == "procedure"  # what has no sections is done from its first step to its last
    loose = tuple(step for step in document.other_steps if whole or step.role in RESOLVING)
    if not rungs and any(_runs(step) for step in loose):
        rungs.append(Rung(title=document.title, line=loose[0].line, steps=loose))
    return [rung for rung in rungs if any(_runs(step) for step in rung.steps)]


def _runs(step: Step) -> bool:
    return step.kind != "reference"


class _Keys:
    """Plans steps under keys made of the document's ids: short, unique, nothing but letters, digits and dashes."""

    def __init__(self, approvals: int) -> None:
        self._approvals = approvals
        self._taken = {CHECKS.key}

    def planned(self, step: Step, *, option: bool = False) -> PlannedStep:
        return PlannedStep.of(step, self.new(step.id), option=option, approvals=self._approvals)

    def new(self, step_id: str) -> str:
        stem = re.sub(r"[^a-z0-9]+", "-", step_id.lower()).strip("-")[:48] or "step"
        key, count = stem, 1
        while key in self._taken:
            count += 1
            key = f"{stem}-{count}"
        self._taken.add(key)
        return key


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as it is kept in the run's row."""
    return asdict(plan)


def from_json(data: Mapping[str, Any]) -> Plan:
    """A kept plan; what an older or newer Tocsin wrote more or less of takes its default."""
    return msgspec.convert(data, Plan)
