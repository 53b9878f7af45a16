"""`tocsin runbook plan`: what would a run of it do?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config, File, document

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import Document, Step


def add(runbook: typer.Typer) -> None:
    runbook.command("plan")(plan)


def plan(file: File, config: Config = None, as_json: AsJson = False) -> None:
    """Show what a run would do, in which order, with which level. Nothing is run."""
    from tocsin.cli.commands.runbook import outline
    from tocsin.cli.output import say, say_json

    found = document(file, config)
    if as_json:
        say_json({"path": found.path, "hash": found.hash, "phases": list(_phases_json(found))})
        return
    outline.say_head(found)
    for title, steps in _phases(found):
        say()
        say(title, style="bold")
        for step in steps:
            say(f"  {outline.mark(step)} {step.level:<8} {step.title}  (line {step.line})")
            for line in step.text.strip().splitlines():
                say(f"      {line}")
            for told in _conditions(step):
                say(f"      → {told}")
    if not any(True for _ in _phases(found)):
        say("nothing in this document can be run")
    outline.say_inputs(found)


def _phases(document: Document) -> Iterator[tuple[str, Sequence[Step]]]:
    """What a run does, in its order."""
    if document.diagnosis:
        yield "Diagnosis", document.diagnosis
    for ladder in document.ladders:
        for number, rung in enumerate(ladder.rungs, start=1):
            yield f"{ladder.title} · {number} of {len(ladder.rungs)}: {rung.title}", rung.steps
            if rung.checks:
                yield f"Check of: {rung.title}", rung.checks
    for option in document.degrade:
        yield f"If nothing helped: {option.title}", option.steps
    if document.verification:
        soak = f", then watched for {document.soak_s:g} s" if document.soak_s else ""
        yield f"Verification, all in one round{soak}", document.verification


def _phases_json(document: Document) -> Iterator[dict[str, Any]]:
    for title, steps in _phases(document):
        yield {"title": title, "steps": [asdict(step) for step in steps]}


def _conditions(step: Step) -> Iterator[str]:
    if step.expect:
        yield f"has to hold: {step.expect}"
    if step.expect_text:
        yield f"a person confirms: {step.expect_text}"
    if step.wait_s:
        yield f"waits {step.wait_s:g} s"
    if step.approve:
        yield f"needs the approval of: {step.approve}"
    yield from step.why_level
