"""What does a document say, as a person reads it in a terminal? Everything that was found, by its line in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import CheckItem, Decision, Document, Step

_WIDEST = 100
_LEVELS = {"read": "○", "change": "◆", "destroy": "▲"}


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    depth: int
    text: str
    strong: bool = False


def say_whole(document: Document) -> None:
    """The head, the outline, inputs and findings; then the same for each document inside it, further in."""
    from tocsin.cli.output import say

    say_head(document)
    say(_counts(document))
    say()
    say_outline(document)
    say_inputs(document)
    say_findings(document)
    for each in document.documents:
        say()
        what = "Template" if each.kind == "template" else "Runbook"
        say(f"{what} inside {document.path.rsplit('/', 1)[-1]}, line {each.line}", style="bold")
        say_whole(each)


def say_outline(document: Document) -> None:
    """The headings with what stands below them, each with its line."""
    from tocsin.cli.output import say

    deepest = min((section.level for section in document.sections), default=1)
    depth = 0
    entries = [
        _Entry(
            each.line, -each.level, f"{each.heading}{f'  [{each.role}]' if each.role else ''}", strong=True
        )
        for each in document.sections
    ]
    entries.extend(_found(document))
    for entry in sorted(entries, key=lambda each: (each.line, not each.strong, each.depth)):
        if entry.strong:
            depth = min(-entry.depth - deepest, 4)
        indent = "  " * (depth if entry.strong else depth + 1 + entry.depth)
        say(f"{entry.line:>5}  {indent}{entry.text}", style="bold" if entry.strong else "")


def _found(document: Document) -> Iterator[_Entry]:
    """What was found in it, in no order."""
    rungs = [rung for ladder in document.ladders for rung in ladder.rungs]
    in_rung = {step.id for rung in rungs for step in rung.steps}
    check_of = {step.id for rung in rungs for step in rung.checks}
    for step in document.steps():
        check = "check " if step.id in check_of or step.role == "verification" else ""
        if step.kind == "reference":
            yield _Entry(step.line, 0, f"· {step.language or 'text'}, to read")
        else:
            depth = 1 if step.id in in_rung or step.id in check_of else 0
            yield _Entry(step.line, depth, f"{mark(step)} {check}{_told(step)}")
    for ladder in document.ladders:
        for number, rung in enumerate(ladder.rungs, start=1):
            risk = f"; risk: {_short(rung.risk)}" if rung.risk else ""
            yield _Entry(rung.line, 0, f"rung {number} of {len(ladder.rungs)}: {rung.title}{risk}")
    for cause in document.causes:
        match = f"  (evidence: {', '.join(cause.match)})" if cause.match else ""
        told = "; ".join(each for each in (cause.symptom, cause.fix) if each)
        yield _Entry(cause.line, 0, f"cause: {cause.name}{f' – {_short(told)}' if told else ''}{match}")
    for option in document.degrade:
        said = {"if": option.condition, "time": option.time, "risk": option.risk, "effect": option.effect}
        told = "; ".join(f"{name}: {_short(value)}" for name, value in said.items() if value)
        yield _Entry(option.line, 0, f"degrade: {option.title}{f'  ({told})' if told else ''}")
    for decision in document.decisions:
        yield from _decision(decision)
    for checklist in document.checklists:
        due = "" if checklist.due_s is None else f"  (until {_time(checklist.due_s)})"
        yield _Entry(checklist.line, 0, f"checklist: {checklist.title}{due}")
        yield from _items(checklist.items, 1)
    for clock in document.clocks:
        yield _Entry(clock.line, 0, f"◔ {_until(clock.after_s)}: {_short(clock.text)}")
    for table in document.tables:
        yield _Entry(
            table.line, 0, f"table{f' of {table.use}' if table.use else ''}: {' | '.join(table.columns)}"
        )
    for level in document.severities:
        times = [
            f"{name} {_time(value)}"
            for name, value in (("respond", level.respond_s), ("restore", level.restore_s))
            if value is not None
        ]
        yield _Entry(level.line, 0, "  ".join([f"severity {level.level}", level.name, *times]))
    for contact in document.contacts:
        yield _Entry(
            contact.line, 0, "  ".join(["contact", contact.name, contact.reach, contact.about]).rstrip()
        )
    for shift in document.rota:
        yield _Entry(shift.line, 0, f"on call {shift.days} {shift.hours}: {shift.who}")
    for step in document.escalation:
        yield _Entry(step.line, 0, f"escalates to {step.who}{f': {_short(step.when)}' if step.when else ''}")
    for role in document.roles:
        yield _Entry(role.line, 0, f"role {role.name}: {_short('; '.join(role.duties))}")
    for entry in document.index:
        there = {True: "", False: "  (no such file)", None: "  (not looked for)"}[entry.ok]
        told = " ".join(each for each in (entry.severity, entry.threshold) if each)
        yield _Entry(entry.line, 0, f"{entry.kind} {entry.title}  {told}{there}")


def _decision(root: Decision) -> Iterator[_Entry]:
    waiting = [(root, 0)]
    while waiting:
        decision, depth = waiting.pop()
        yield _Entry(decision.line, depth, f"? {decision.question}")
        for branch in decision.branches:
            yield _Entry(branch.line, depth + 1, f"{branch.answer} → {branch.outcome or 'next question'}")
            if branch.decision is not None:
                waiting.append((branch.decision, min(depth + 2, 12)))


def _items(items: Iterable[CheckItem], depth: int) -> Iterator[_Entry]:
    waiting = [(item, depth) for item in items]
    while waiting:
        item, deep = waiting.pop()
        due = "" if item.due_s is None else f"{_time(item.due_s)}: "
        yield _Entry(item.line, deep, f"[{'x' if item.done else ' '}] {due}{_short(item.text)}")
        waiting.extend((inner, min(deep + 1, 8)) for inner in item.items)


def _counts(document: Document) -> str:
    steps = [step for step in document.steps() if step.kind != "reference"]
    counted = {
        "step": len(steps),
        "rung": sum(len(ladder.rungs) for ladder in document.ladders),
        "cause": len(document.causes),
        "degrade option": len(document.degrade),
        "check": len(document.verification),
        "checklist": len(document.checklists),
        "input": len(document.inputs),
        "document inside": len(document.documents),
    }
    told = [f"{count} {word if count == 1 else _plural(word)}" for word, count in counted.items() if count]
    return ", ".join(told) or "nothing to run in it: it is to read"


def _plural(word: str) -> str:
    head, _, rest = word.partition(" inside")
    return f"{head}s inside" if word.endswith("inside") else f"{head}s{rest}"


def say_head(document: Document) -> None:
    from tocsin.cli.output import say

    say(document.title, style="bold")
    told = {
        "file": document.path,
        "kind": "" if document.kind == "incident" else document.kind,
        "service": document.service,
        "severity": document.severity,
        "for": document.threshold,
        "owner": document.owner,
        "reviewed": document.reviewed,
        "review": document.review,
        "language": document.language,
    }
    say("  ".join(f"{name}: {value}" for name, value in told.items() if value))


def say_inputs(document: Document) -> None:
    from tocsin.cli.output import say

    if document.inputs:
        say()
        say("Inputs", style="bold")
    for each in document.inputs:
        default = "" if each.default is None else f" = {each.default}"
        where = f"  (lines {', '.join(str(line) for line in each.lines)})" if each.lines else ""
        say(f"  {each.name}: {'secret ' if each.secret else ''}{each.type}{default}{where}")


def say_findings(document: Document) -> None:
    from tocsin.cli.output import say

    if document.findings:
        say()
        say("Findings", style="bold")
    for each in document.findings:
        fix = f"; {each.fix}" if each.fix else ""
        say(f"{each.line:>5}  {each.level:<7} {each.message}{fix}  [{each.rule}]")


def mark(step: Step) -> str:
    return _LEVELS[step.level] if step.kind != "reference" else "·"


def _told(step: Step) -> str:
    """What a step does in one line: its kind and its first command, or its title where a person does it."""
    if step.kind == "manual":
        return f"by hand: {_short(step.title)}"
    lines = [line.strip() for line in step.text.splitlines() if line.strip()]
    first = next((line for line in lines if not line.startswith(("#", "--"))), lines[0] if lines else "")
    more = f"  (+{len(lines) - 1} lines)" if len(lines) > 1 else ""
    blocked = f"  (by hand: {step.blocked})" if step.blocked else ""
    return f"{step.kind}: {_short(first)}{more}{blocked}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"


def _until(seconds: float) -> str:
    return f"within {_time(seconds)}" if seconds else "at once"


def _time(seconds: float) -> str:
    from datetime import timedelta

    from tocsin.ground.kernel.duration import format_duration

    return format_duration(timedelta(seconds=seconds))
