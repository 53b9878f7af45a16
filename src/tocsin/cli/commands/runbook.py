"""`tocsin runbook …`: which runbooks are there, what do they say, and what would a run of one do?

These commands read files and need no server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import Document, Step
    from tocsin.respond.runbooks.library import Library

_Config = Annotated[
    Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_File = Annotated[str, typer.Argument(metavar="FILE", help="A file, or a path below runbooks/.")]


def add(app: typer.Typer) -> None:
    runbook = typer.Typer(no_args_is_help=True, help="Read runbooks and show what they would do.")
    runbook.command("list")(list_runbooks)
    runbook.command("show")(show)
    runbook.command("plan")(plan)
    runbook.command("new")(new)
    app.add_typer(runbook, name="runbook")


def list_runbooks(config: _Config = None, as_json: _Json = False) -> None:
    """List the runbooks of the library."""
    from tocsin.cli.output import say, say_json, say_table

    documents = _library(config).all()
    if as_json:
        say_json({"items": [_summary(document) for document in documents], "next": None})
    elif documents:
        rows = [
            (
                each.path,
                each.severity or "–",
                each.service or "–",
                each.owner or "–",
                len(each.findings) or "",
            )
            for each in documents
        ]
        say_table(("Runbook", "Severity", "Service", "Owner", "Findings"), rows)
    else:
        say("there are no runbooks yet; make one: tocsin runbook new runbooks/first.md")


def show(file: _File, config: _Config = None, as_json: _Json = False) -> None:
    """Show the outline of a runbook with line numbers, and what Tocsin has to say about it."""
    from tocsin.cli.output import say, say_json

    document = _document(file, config)
    if as_json:
        say_json(_whole(document))
        return
    _say_head(document)
    by_line = sorted(document.steps(), key=lambda step: step.line)
    for section in document.sections:
        indent = "  " * max(section.level - 2, 0)
        role = f"  [{section.role}]" if section.role else ""
        say(f"{section.line:>5}  {indent}{section.heading}{role}", style="bold")
        following = next((each.line for each in document.sections if each.line > section.line), None)
        for step in by_line:
            if step.line >= section.line and (following is None or step.line < following):
                say(f"{step.line:>5}  {indent}  {_mark(step)} {step.kind:<9} {_one_line(step)}")
    _say_inputs(document)
    _say_findings(document)


def plan(file: _File, config: _Config = None, as_json: _Json = False) -> None:
    """Show what a run would do, in which order, with which level. Nothing is run."""
    from tocsin.cli.output import say, say_json

    document = _document(file, config)
    if as_json:
        say_json({"path": document.path, "hash": document.hash, "phases": list(_phases_json(document))})
        return
    _say_head(document)
    for title, steps in _phases(document):
        say()
        say(title, style="bold")
        for step in steps:
            say(f"  {_mark(step)} {step.level:<8} {step.title}  (line {step.line})")
            for line in step.text.strip().splitlines():
                say(f"      {line}")
            for told in _conditions(step):
                say(f"      → {told}")
    if not any(True for _ in _phases(document)):
        say("nothing in this document can be run")
    _say_inputs(document)


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
    title: Annotated[str, typer.Option(help="What is broken when it is needed.")] = "The service is down",
    service: Annotated[str, typer.Option(help="The service it is for.")] = "example",
    owner: Annotated[str, typer.Option(help="Who keeps it true.")] = "unknown",
    as_json: _Json = False,
) -> None:
    """Write a runbook with all sections, ready to be filled in."""
    from importlib import resources

    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Conflict, Invalid

    text = resources.files("tocsin.respond.runbooks").joinpath("template.md").read_text("utf-8")
    for name, value in (("title", title), ("service", service), ("owner", owner)):
        text = text.replace("{" + name + "}", " ".join(value.split()))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Conflict(f"{file} is there already", fix="choose another name; nothing was changed") from None
    except OSError as error:
        raise Invalid(f"{file} cannot be written: {error.strerror}", fix="choose another place") from None
    if as_json:
        say_json({"file": str(file)})
        return
    say(f"{file} is written; see what it would do: tocsin runbook plan {file}")


def _library(config: Path | None) -> Library:
    """The library of a folder. Mistakes in tocsin.yaml are of no matter for reading it."""
    from tocsin.configuration import find_folder
    from tocsin.ground.catalogue import CatalogueSection
    from tocsin.respond.runbooks.library import Library

    return Library(CatalogueSection, find_folder(config))


def _document(file: str, config: Path | None) -> Document:
    """A file where there is one, else a path of the library."""
    from tocsin.ground.kernel.errors import Invalid
    from tocsin.respond.runbooks.reader import read
    from tocsin.respond.runbooks.reading.text import LARGEST

    path = Path(file)
    try:
        if path.is_file():
            with path.open("rb") as opened:
                return read(str(path), opened.read(LARGEST + 1))
    except (OSError, ValueError) as error:
        raise Invalid(f"{file} cannot be read: {error}", fix="check its name and permissions") from None
    return _library(config).get(file)


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
        yield {"title": title, "steps": [_step(step) for step in steps]}


def _say_head(document: Document) -> None:
    from tocsin.cli.output import say

    say(document.title, style="bold")
    told = {
        "file": document.path,
        "service": document.service,
        "severity": document.severity,
        "owner": document.owner,
        "language": document.language,
    }
    say("  ".join(f"{name}: {value}" for name, value in told.items() if value))


def _say_inputs(document: Document) -> None:
    from tocsin.cli.output import say

    if document.inputs:
        say()
        say("Inputs", style="bold")
    for each in document.inputs:
        default = "" if each.default is None else f" = {each.default}"
        where = f"  (lines {', '.join(str(line) for line in each.lines)})" if each.lines else ""
        say(f"  {each.name}: {'secret ' if each.secret else ''}{each.type}{default}{where}")


def _say_findings(document: Document) -> None:
    from tocsin.cli.output import say

    if document.findings:
        say()
        say("Findings", style="bold")
    for each in document.findings:
        fix = f"; {each.fix}" if each.fix else ""
        say(f"{each.line:>5}  {each.level:<7} {each.message}{fix}  [{each.rule}]")


def _mark(step: Step) -> str:
    return {"read": "○", "change": "◆", "destroy": "▲"}[step.level] if step.kind != "reference" else "·"


def _one_line(step: Step) -> str:
    first = next((line.strip() for line in step.text.splitlines() if line.strip()), "")
    return first if len(first) <= 100 else first[:99] + "…"


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


def _summary(document: Document) -> dict[str, Any]:
    return {
        "path": document.path,
        "hash": document.hash,
        "title": document.title,
        "language": document.language,
        "service": document.service,
        "severity": document.severity,
        "owner": document.owner,
        "start": document.start,
        "steps": sum(1 for step in document.steps() if step.kind != "reference"),
        "findings": len(document.findings),
    }


def _step(step: Step) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(step)


def _whole(document: Document) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(document)
