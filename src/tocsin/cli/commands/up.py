"""`tocsin up`: serve, until Ctrl-C or SIGTERM. Web and engine in one process, or on Postgres in several."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer


def add(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    config: Annotated[
        Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 9911,
    role: Annotated[
        Literal["all", "web", "worker"],
        typer.Option(
            help="On Postgres: `web` takes alerts and shows pages, `worker` judges, pages and runs."
        ),
    ] = "all",
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="Steps whose target says `worker: LABEL` run here; may be repeated."),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], typer.Option(help="What is worth a line.")
    ] = "info",
) -> None:
    """Serve the pages, the API and the engine in one process; with --role, a part of it.

    A worker listens nowhere: --host and --port are for the others.
    """
    from tocsin.configuration import find_folder

    if role == "worker":
        from tocsin.app import work

        work(find_folder(config).resolve(), log_level=log_level, labels=label or ())
        return
    _check_address(host, port)
    from tocsin.app import serve

    # Absolute: the commands of runs work in folders of their own, and find their way from there.
    serve(
        find_folder(config).resolve(),
        host=host,
        port=port,
        log_level=log_level,
        role=role,
        labels=label or (),
    )


def _check_address(host: str, port: int) -> None:
    """Raises Invalid where nobody can listen, before anything is started that would have to be stopped again."""
    import asyncio

    from tocsin.ground.kernel.errors import Invalid

    async def listen() -> None:
        (await asyncio.start_server(lambda _, writer: writer.close(), host, port)).close()

    try:
        asyncio.run(listen())
    except OSError as error:
        number = error.errno or 0  # that of a name which leads nowhere is negative
        raise Invalid(
            f"{host}:{port} cannot be listened on: {os.strerror(number) if number > 0 else error.strerror}",
            field="port",
            fix="Is another Tocsin running? Choose a free port with --port, or an address of this machine with --host.",
        ) from None
