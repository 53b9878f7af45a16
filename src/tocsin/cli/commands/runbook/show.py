"""`tocsin runbook show`: what does this runbook say?"""

from __future__ import annotations

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config, File, document


def add(runbook: typer.Typer) -> None:
    runbook.command("show")(show)


def show(file: File, config: Config = None, as_json: AsJson = False) -> None:
    """Show the outline of a runbook with line numbers, and what Tocsin has to say about it."""
    from dataclasses import asdict

    from tocsin.cli.commands.runbook import outline
    from tocsin.cli.output import say_json

    found = document(file, config)
    if as_json:
        say_json(asdict(found))
        return
    outline.say_head(found)
    outline.say_outline(found)
    outline.say_inputs(found)
    outline.say_findings(found)
