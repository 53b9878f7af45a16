"""`tocsin init DIR`: a folder that runs as it is, with a comment beside everything that can be changed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

_FILES = {"tocsin.yaml": "tocsin.yaml", "runbooks/first.md": "first.md"}


_NEXT = {
    "up": "serves the pages, the API and the engine, and prints the link that makes the first account",
    "key create webhook": "makes a key for what sends alerts",
    "config check": "says what is wrong in the configuration, if anything",
}


def add(app: typer.Typer) -> None:
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a configuration folder that runs as it is."""
    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Conflict, Invalid

    for name in _FILES:
        if (folder / name).exists() or (folder / name).is_symlink():
            raise Conflict(
                f"{folder / name} is there already", fix="choose another folder; nothing was changed"
            )
    starter = resources.files("tocsin.cli.starter")
    try:
        for name, source in _FILES.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(starter.joinpath(source).read_text("utf-8"), "utf-8")
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}", fix="choose another folder") from None
    if as_json:
        say_json({"folder": str(folder), "files": [str(folder / name) for name in _FILES]})
        return
    say(f"{folder} is ready:")
    for name in _FILES:
        say(f"  {folder / name}")
    say()
    say("Next:")
    for command, purpose in _NEXT.items():
        say(f"  tocsin {command} --config {folder}")
        say(f"      {purpose}")
