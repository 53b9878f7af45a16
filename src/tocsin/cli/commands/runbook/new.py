"""`tocsin runbook new`: a runbook with all sections, to be filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.commands.runbook.find import AsJson


def add(runbook: typer.Typer) -> None:
    runbook.command("new")(new)


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
    title: Annotated[str, typer.Option(help="What is broken when it is needed.")] = "The service is down",
    service: Annotated[str, typer.Option(help="The service it is for.")] = "example",
    owner: Annotated[str, typer.Option(help="Who keeps it true.")] = "unknown",
    as_json: AsJson = False,
) -> None:
    """Write a runbook with all sections, ready to be filled in."""
    from importlib import resources

    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Conflict, Invalid

    text = resources.files("tocsin.respond.runbooks").joinpath("template.md").read_text("utf-8")
    for name, value in (("title", title), ("service", service), ("owner", owner)):
        text = text.replace("{" + name + "}", " ".join(value.split()))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Conflict(f"{file} is there already", fix="choose another name; nothing was changed") from None
    except OSError as error:
        raise Invalid(f"{file} cannot be written: {error.strerror}", fix="choose another place") from None
    if as_json:
        say_json({"file": str(file)})
        return
    say(f"{file} is written; see what it would do: tocsin runbook plan {file}")
