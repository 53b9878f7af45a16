"""`tocsin up`: serve. Web and engine in one process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    config: Annotated[
        Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 9911,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve the pages, the API and the engine in one process."""
    from tocsin.app import serve
    from tocsin.configuration import find_folder

    # Absolute: the commands of runs work in folders of their own, and find their way from there.
    serve(find_folder(config).resolve(), host=host, port=port, log_level=log_level)
