"""`tocsin channel …`: by which channels are people reached, and do they work?"""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SHAPES = {"works": "✓", "failing": "✕", "unused": "○"}


def add(app: typer.Typer) -> None:
    channel = typer.Typer(no_args_is_help=True, help="The ways to reach people, and whether they work.")
    channel.command("list")(show_all)
    channel.command("test")(try_one)
    app.add_typer(channel, name="channel")


def show_all(as_json: _Json = False) -> None:
    """List them: the last success, the last failure with its cause, and how much waits."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("channels")["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No channels. Name one under channels: in tocsin.yaml.")
        return
    say_table(
        ("state", "name", "kind", "last success", "last failure", "waiting", "why"),
        [
            (
                f"{_SHAPES.get(each['state'], '·')} {each['state']}",
                each["name"],
                each["kind"],
                words.past(each["last_success_at"]),
                words.past(each["last_failure_at"]),
                _queue(each["waiting"], each["held"]),
                each["last_error"] or "",
            )
            for each in found
        ],
    )


def try_one(
    name: Annotated[str, typer.Argument(metavar="CHANNEL", help="One of channels:.", show_default=False)],
    person: Annotated[
        str | None, typer.Option(help="To whom; a channel with a room of its own needs nobody.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Send a test message by it, to its room or to a person."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    sent = Server.from_environment().post("channels", name, "test", body={"person": person})
    if as_json:
        say_json(sent)
    else:
        say(f"A test message for {sent['person']} is on its way by {sent['channel']} ({sent['delivery']}).")
        say("`tocsin channel list` tells whether it was taken.")


def _queue(waiting: int, held: int) -> str:
    return f"{waiting} ({held} held back)" if held else str(waiting)
