"""What does a runbook say? The records that reading gives: steps, ladders, options, inputs, findings.

Lines are 1-based and are those of the file. Durations are seconds. Nothing here is ever written back: a
runbook is the file, and these records are one reading of it, bound to its bytes by `Document.hash`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["bash", "sql", "http", "redis", "action", "manual", "reference"]
"""`manual` is done and ticked by a person; `reference` is code to read and never runs."""

Level = Literal["read", "change", "destroy"]
"""What a step would do to the world; see `tocsin.act.guard`."""

DocumentKind = Literal["incident", "procedure", "template", "index", "policy"]
"""`policy` says how severe things are and who does what; `procedure` is done on purpose, not because of an alert."""

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
    approvals: int = 1  # so many people have to say yes at least
    idempotent: bool = False
    done_when: str | None = None  # CEL of a look that tells whether an interrupted step has happened
    on: str | None = None  # name of a target of the service
    sample_output: str = ""
    streams: bool = False  # never ends by itself (`tail -f`): ends at its timeout and counts as done
    action: str | None = None  # of an action block: its name and what it is given
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    why_level: tuple[str, ...] = ()  # sentences of the guard
    verdict_text: str = ""  # how its author reads what comes out: the analysis column of a check table
    blocked: str = ""  # why Tocsin cannot run it although it is code; a person does it then

    @property
    def by_hand(self) -> bool:
        """Does a person do it and tick it?"""
        return self.kind == "manual" or bool(self.blocked)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """One attempt of a ladder: its steps, then its own checks (none: the document's verification judges)."""

    title: str
    line: int
    steps: tuple[Step, ...]
    checks: tuple[Step, ...] = ()
    risk: str = ""  # in the author's words


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """Attempts in the order of risk, the least first. `when` is the verdict it is for (`Scenario A: the edge`)."""

    title: str
    line: int
    rungs: tuple[Rung, ...]
    when: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """A known cause: how it shows, the words of evidence that speak for it, and what helps."""

    name: str
    line: int
    symptom: str = ""
    match: tuple[str, ...] = ()  # what the author put into code spans: `GROQ_API_ERROR`
    fix: str = ""  # in words, where a table says it
    root_cause: str = ""
    prevention: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """An answer of a decision, and what it leads to: an outcome in words, or the next question."""

    answer: str
    line: int
    outcome: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A question with its answers, as a tree is drawn or a table says it."""

    question: str
    line: int
    branches: tuple[Branch, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckItem:
    """A box to tick. `due_s` counts from the beginning of the incident; None where nothing is said."""

    text: str
    line: int
    due_s: float | None = None
    done: bool = False
    items: tuple[CheckItem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """Boxes under one title. Of `Diagnose (15-60 min)`, `from_s` is 900 and `due_s` 3600."""

    title: str
    line: int
    items: tuple[CheckItem, ...]
    from_s: float | None = None
    due_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """Something has to be so, at the latest `after_s` after the beginning; a phase also has a begin, `from_s`."""

    after_s: float
    text: str
    line: int
    from_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table as it stands, and what it was taken for: "" where it is only read."""

    line: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    use: str = ""  # checks | causes | severities | index | clocks | contacts | decisions | ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Whom to reach, how, and for what."""

    name: str
    line: int
    reach: str = ""  # number, address, channel, handle
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A line of a written rota: `Mon-Fri 09:00-18:00: @day`."""

    who: str
    line: int
    days: str = ""
    hours: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalation:
    """Who comes next, and when they do."""

    who: str
    line: int
    when: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A role of the people who answer, with its duties."""

    name: str
    line: int
    duties: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SeverityLevel:
    """A severity as the document defines it; a time is None where it says "no limit" or nothing."""

    level: str  # P0 …
    line: int
    name: str = ""
    definition: str = ""
    respond_s: float | None = None
    restore_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link of the text. `ok` is None where nobody looked: an address outside, or no folder to look in."""

    text: str
    target: str
    line: int
    ok: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line of an index of runbooks: where it is, and when it is for."""

    title: str
    target: str
    line: int
    kind: Literal["incident", "procedure"] = "incident"
    severity: str = ""
    threshold: str = ""
    category: str = ""  # the heading it stands under
    ok: bool | None = None


def steps_within(
    ladders: Iterable[Ladder], options: Iterable[Option], causes: Iterable[Cause]
) -> Iterator[Step]:
    """The steps of what repairs, and of what helps where nothing does."""
    for ladder in ladders:
        for rung in ladder.rungs:
            yield from rung.steps
            yield from rung.checks
    for each in (*options, *causes):
        yield from each.steps


FenceUse = Literal["step", "check", "sample", "template", "reference", "drawing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FenceRead:
    """What a fence was taken for, and why: no block of a document is passed over in silence."""

    line: int
    use: FenceUse
    why: str
    language: str = ""


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
    approvals: int = 1  # so many people have to say yes to each step that changes or destroys
    start: Start = "suggest"
    triggers: tuple[str, ...] = ()  # CEL over alert, service, m, q, text
    line: int = 1  # where it begins in the file: a runbook or a template inside another document has its own
    kind: DocumentKind = "incident"
    threshold: str = ""  # when it is for, in the author's words: `> 100 messages`
    reviewed: str = ""  # a date, as ISO where it is one
    review: str = ""  # weekly | monthly | quarterly | yearly, or the author's words
    version: str = ""
    causes: tuple[Cause, ...] = ()
    decisions: tuple[Decision, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    clocks: tuple[Clock, ...] = ()
    tables: tuple[Table, ...] = ()
    contacts: tuple[Contact, ...] = ()
    rota: tuple[Shift, ...] = ()
    escalation: tuple[Escalation, ...] = ()
    roles: tuple[Role, ...] = ()
    severities: tuple[SeverityLevel, ...] = ()
    links: tuple[Link, ...] = ()
    index: tuple[Entry, ...] = ()
    fences: tuple[FenceRead, ...] = ()
    documents: tuple[Document, ...] = ()  # templates in fences, and the runbooks of a file that holds several

    def steps(self) -> Iterator[Step]:
        """Every step, in the order in which a run meets them; those of `other_steps` last."""
        yield from self.diagnosis
        yield from steps_within(self.ladders, self.degrade, self.causes)
        yield from self.verification
        yield from self.other_steps

    def within(self) -> Iterator[Document]:
        """This document and all inside it, in the order of the file."""
        yield self
        for each in self.documents:
            yield from each.within()

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps() if step.id == step_id), None)
