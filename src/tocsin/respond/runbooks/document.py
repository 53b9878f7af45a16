"""What does a runbook say? The records that reading gives: steps, ladders, options, inputs, findings.

Lines are 1-based and are those of the file. Durations are seconds. Nothing here is ever written back: a
runbook is the file, and these records are one reading of it, bound to its bytes by `Document.hash`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["bash", "sql", "http", "action", "manual", "reference"]
"""`manual` is done and ticked by a person; `reference` is code to read and never runs."""

Level = Literal["read", "change", "destroy"]
"""What a step would do to the world; see `tocsin.act.guard`."""

Start = Literal["suggest", "automatic", "manual"]
"""How a run begins when an alert matches: offered, at once, or only when a person asks for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something the reader wants to tell the author; `rule` is its stable name."""

    rule: str
    level: Literal["error", "warning", "note"]
    line: int
    message: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A value that has to be known before the steps that name it can run."""

    name: str
    type: str = "text"  # ip | host | url | token | path | number | text
    default: str | None = None
    secret: bool = False
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do.

    `text` is what runs. In it, placeholders stand as the kind wants them: `${NAME}` in bash (quoted where the
    author did not), http and action, `:NAME` in sql. `inputs` names them all; their values arrive as
    environment, bound parameters or arguments, never as text. `expect` is CEL over the result; `expect_text` is
    words that only a person can confirm. `approve` is the role whose approval the step needs.
    """

    id: str  # unique in the document
    title: str
    kind: Kind
    text: str
    line: int  # of the opening fence, or of the list item
    role: str  # of the section it stands in
    level: Level = "read"
    language: str = ""  # as the fence has it
    inputs: tuple[str, ...] = ()
    expect: str | None = None  # None: only the exit code, or the absence of an error, can be looked at
    expect_text: str | None = None
    wait_s: float = 0.0  # after the step, before it is judged by a check
    timeout_s: float = 60.0
    retries: int = 0
    poll_s: float = 0.0  # with poll_for_s: repeat every poll_s until `expect` holds, at most poll_for_s
    poll_for_s: float = 0.0
    approve: str | None = None
    idempotent: bool = False
    done_when: str | None = None  # CEL of a look that tells whether an interrupted step has happened
    on: str | None = None  # name of a target of the service
    sample_output: str = ""
    streams: bool = False  # never ends by itself (`tail -f`): ends at its timeout and counts as done
    action: str | None = None  # of an action block: its name and what it is given
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    why_level: tuple[str, ...] = ()  # sentences of the guard


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """One attempt of a ladder: its steps, then its own checks (none: the document's verification judges)."""

    title: str
    line: int
    steps: tuple[Step, ...]
    checks: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """Attempts in the order of risk, the least first."""

    title: str
    line: int
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """A way to live on without the full service, in the author's words."""

    title: str
    line: int
    steps: tuple[Step, ...]
    condition: str = ""
    time: str = ""
    risk: str = ""
    effect: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading and the text below it, up to the next heading. `role` is "" where nothing is known of it."""

    role: str
    heading: str
    line: int
    text: str
    level: int = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A runbook as read."""

    path: str
    hash: str  # sha256 of the bytes, hex
    title: str
    language: str = "en"  # en | zh-Hant | zh-Hans
    front_matter: dict[str, Any] = field(default_factory=dict[str, Any])
    owner: str = ""
    service: str = ""
    severity: str = ""
    sections: tuple[Section, ...] = ()
    diagnosis: tuple[Step, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    degrade: tuple[Option, ...] = ()
    verification: tuple[Step, ...] = ()  # one round: all of them must hold together
    other_steps: tuple[Step, ...] = ()  # stand elsewhere, or are reference
    inputs: tuple[Input, ...] = ()
    findings: tuple[Finding, ...] = ()
    soak_s: float | None = None
    start: Start = "suggest"
    triggers: tuple[str, ...] = ()  # CEL over alert, service, m, q, text

    def steps(self) -> Iterator[Step]:
        """Every step, in the order in which a run meets them; those of `other_steps` last."""
        yield from self.diagnosis
        for ladder in self.ladders:
            for rung in ladder.rungs:
                yield from rung.steps
                yield from rung.checks
        for option in self.degrade:
            yield from option.steps
        yield from self.verification
        yield from self.other_steps

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps() if step.id == step_id), None)
