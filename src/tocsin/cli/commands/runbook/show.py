"""`tocsin runbook show`: what does this runbook say?"""

from __future__ import annotations

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config, File, document


def add(runbook: typer.Typer) -> None:
    runbook.command("show")(show)


def show(file: File, config: Config = None, as_json: AsJson = False) -> None:
    """Show the outline of a runbook with line numbers, and what Tocsin has to say about it."""
    from tocsin.cli.commands.runbook import outline
    from tocsin.cli.output import say_json
    from tocsin.respond.runbooks.outline import outline as as_data

    found = document(file, config)
    if as_json:
        say_json(as_data(found))
        return
    outline.say_whole(found)
