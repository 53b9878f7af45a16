"""`tocsin rollout …`: how a service is brought back, roll backs, and what has to be put back afterwards."""

from __future__ import annotations

import typer

from tocsin.cli.commands.rollout import advice, makeshifts, rollback, versions


def add(app: typer.Typer) -> None:
    rollout = typer.Typer(
        no_args_is_help=True, help="How to bring a service back: advice, roll backs, what has to be put back."
    )
    for part in (advice, versions, rollback, makeshifts):
        part.add(rollout)
    app.add_typer(rollout, name="rollout")
