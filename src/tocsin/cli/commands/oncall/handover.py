"""`tocsin oncall handover …`: what does the next one have to know?"""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Schedule = Annotated[str, typer.Argument(help="A name under schedules:.", show_default=False)]


def add(oncall: typer.Typer) -> None:
    handover = typer.Typer(no_args_is_help=True, help="The note at the end of a turn.")
    for name, command in (("draft", draft), ("note", note), ("list", show_all)):
        handover.command(name)(command)
    oncall.add_typer(handover, name="handover")


def draft(
    schedule: _Schedule,
    language: Annotated[str | None, typer.Option(help="en or zh_Hant. Default: the server's.")] = None,
    as_json: _Json = False,
) -> None:
    """Show the note that would be sent if the turn ended now."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().get("oncall", "schedules", schedule, "handover", language=language)
    if as_json:
        say_json(found)
    else:
        say(found["text"].rstrip("\n"))


def note(
    schedule: _Schedule,
    text: Annotated[str, typer.Argument(help="What the next one has to know.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Add a sentence to the note at the end of this turn."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    made = Server.from_environment().post("oncall", "schedules", schedule, "notes", body={"text": text})
    if as_json:
        say_json(made)
    else:
        say("It stands in the note at the end of this turn.")


def show_all(
    schedule: _Schedule,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=200)] = 5,
    as_json: _Json = False,
) -> None:
    """Show the notes of the last turns, the newest first."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    found = server.get("oncall", "schedules", schedule, "handovers", limit=limit)["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No turn has ended yet.")
    for each in found:
        say(each["text"])
