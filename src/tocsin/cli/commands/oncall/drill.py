"""`tocsin oncall drill`: page who is on call, and see who has answered."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

_LOOK_EVERY_S = 2.0


def add(oncall: typer.Typer) -> None:
    oncall.command("drill")(drill)
    oncall.command("drills")(drills)


def drill(
    who: Annotated[
        str | None,
        typer.Argument(
            help="A schedule, or a name under people:; without it, everybody on call.", show_default=False
        ),
    ] = None,
    wait: Annotated[
        int, typer.Option(min=0, max=3_600, help="Wait so many seconds for the answers; 1 if one is missing.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send a drill page to whoever is on call; they press "It arrived"."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    asked = server.post("oncall", "drills", body={"who": who})["items"]
    ids = {each["id"] for each in asked}
    end = time.monotonic() + wait
    while wait and any(each["state"] == "waiting" for each in asked) and time.monotonic() < end:
        time.sleep(_LOOK_EVERY_S)
        asked = [each for each in server.get("oncall", "drills")["items"] if each["id"] in ids]
    if as_json:
        say_json(asked)
    else:
        _show(asked)
        if any(each["state"] == "waiting" for each in asked):
            say("They open the link of the page and press “It arrived”. See: tocsin oncall drills")
    if wait and any(each["state"] != "arrived" for each in asked):
        raise typer.Exit(1)


def drills(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the drills, newest first: who was asked, whether it arrived, how fast and by which channel."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().get("oncall", "drills")["items"]
    if as_json:
        say_json(found)
    elif found:
        _show(found)
    else:
        say("There has been no drill yet: tocsin oncall drill")


def _show(found: list[dict[str, Any]]) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say_table

    say_table(
        ("asked", "schedule", "person", "state", "after", "channel"),
        [
            (
                words.exact(each["asked_at"]),
                each["schedule"] or "–",
                each["person"],
                each["state"],
                "–" if each["after_s"] is None else f"{each['after_s']:.0f} s",
                each["channel"] or "–",
            )
            for each in found
        ],
    )
