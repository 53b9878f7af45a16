"""The command `tocsin`: every module in `commands/` adds its own; what goes wrong is one clear message."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from typing import Annotated, NoReturn

import typer

from tocsin import __version__
from tocsin.cli import commands
from tocsin.cli.output import complain
from tocsin.ground.kernel.errors import TocsinError

_BROKEN_PIPE, _INTERRUPTED = 141, 130


def application() -> typer.Typer:
    """The command line with all its commands; modules import what they need only when they run."""
    app = typer.Typer(
        name="tocsin",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(tocsin)
    for info in sorted(pkgutil.iter_modules(commands.__path__), key=lambda each: each.name):
        importlib.import_module(f"{commands.__name__}.{info.name}").add(app)
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


def tocsin(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version and stop.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    """From the alert to the report: incidents, severity, paging, runbooks that run."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs a command and ends the process: 0 done, 1 refused or failed, 2 not understood."""
    try:
        try:
            application()(args=arguments)
        finally:
            sys.stdout.flush()
    except TocsinError as error:
        complain(error.message, error.fix)
    except BrokenPipeError:
        # Python writes what is left at exit: give it somewhere to go, so that `tocsin … | head` ends quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:
        if os.environ.get("TOCSIN_DEBUG"):
            raise
        complain(
            f"a mistake in Tocsin itself: {type(error).__name__}: {error}",
            "run it again with TOCSIN_DEBUG=1 and report what it prints",
        )
    sys.exit(1)
