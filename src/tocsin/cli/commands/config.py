"""`tocsin config …`: is the configuration right, and what may stand in it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    config = typer.Typer(no_args_is_help=True, help="Check the configuration, compare it, print its schema.")
    config.command("check")(check)
    config.command("schema")(schema)
    config.command("diff")(diff)
    app.add_typer(config, name="config")


def check(
    config: Annotated[Path | None, typer.Option("--config", help="The folder with tocsin.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say file, line, column, what is wrong and the cure; exit with 1 if there is an error."""
    from dataclasses import asdict

    from tocsin.cli.output import complain, say, say_json
    from tocsin.configuration import find_folder, load

    loaded = load(find_folder(config))
    if as_json:
        say_json({"ok": not loaded.errors, "problems": [asdict(each) for each in loaded.problems]})
    for problem in () if as_json else loaded.problems:
        say(f"{problem.level}: {problem}")
    if loaded.errors:
        count = len(loaded.errors)
        if not as_json:
            complain(f"{count} error{'s' if count > 1 else ''} in {loaded.folder}")
        raise typer.Exit(1)
    if not as_json:
        found = loaded.required()
        say(
            f"{loaded.folder / 'tocsin.yaml'} is good (services: {len(found.services)}, people: {len(found.people)}, "
            f"policies: {len(found.policies)})"
        )


def schema() -> None:
    """Print the JSON Schema of tocsin.yaml, for an editor to complete and check by."""
    from tocsin.cli.output import say_json
    from tocsin.configuration import schema as described

    say_json(described())


def diff(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help="The folder to compare with, such as a checkout.")
    ],
    config: Annotated[Path | None, typer.Option("--config", help="The folder with tocsin.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what means something else than in BEFORE; order, comments and spelling of the files are no difference."""
    from tocsin.cli.output import say, say_json
    from tocsin.configuration import differences, find_folder, load

    old, new = load(find_folder(before)).required(), load(find_folder(config)).required()
    found = list(differences(old, new))
    if as_json:
        say_json(
            {"differences": [{"path": list(path), "before": was, "after": now} for path, was, now in found]}
        )
        return
    for path, was, now in found:
        say(f"{'.'.join(str(part) for part in path)}: {_shown(was)} → {_shown(now)}")
    if not found:
        say("No difference.")


def _shown(value: object) -> str:
    import json

    return "–" if value is None else json.dumps(value, ensure_ascii=False)
