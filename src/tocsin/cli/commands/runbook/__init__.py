"""`tocsin runbook …`: one file per command, each with `add(runbook)`; the folder is the list.

These commands read files and need no server.
"""

from __future__ import annotations

import importlib
import pkgutil

import typer


def add(app: typer.Typer) -> None:
    runbook = typer.Typer(no_args_is_help=True, help="Read runbooks, check them, show what they would do.")
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "add"):
            module.add(runbook)
    app.add_typer(runbook, name="runbook")
