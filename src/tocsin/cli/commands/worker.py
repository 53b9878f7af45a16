"""`tocsin worker`: judge, page and run beside other processes on the same Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def add(app: typer.Typer) -> None:
    app.command("worker")(worker)


def worker(
    config: Annotated[
        Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="Steps whose target says `worker: LABEL` run here; may be repeated."),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], typer.Option(help="What is worth a line.")
    ] = "info",
) -> None:
    """Work without serving: triage, timers, pages, runs. Start as many as you like, on Postgres.

    The same as `tocsin up --role worker`. What one has claimed when it dies is taken over by another within seconds.
    """
    from tocsin.app import work
    from tocsin.configuration import find_folder

    work(find_folder(config).resolve(), log_level=log_level, labels=label or ())
