"""`tocsin runbook list`: which runbooks are there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config, library

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import Document


def add(runbook: typer.Typer) -> None:
    runbook.command("list")(list_runbooks)


def list_runbooks(config: Config = None, as_json: AsJson = False) -> None:
    """List the runbooks of the library."""
    from tocsin.cli.output import say, say_json, say_table

    books = library(config)
    documents = books.all()
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
    if not as_json:
        for each in books.missing():
            say(f"{each.index.path}:{each.entry.line}  {each.entry.target} is named and not there")
        for trouble in books.trouble():
            say(trouble)


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
