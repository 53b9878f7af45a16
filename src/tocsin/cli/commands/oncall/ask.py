"""`tocsin oncall now|at|who|next`: who has the duty, now, then, and when is it my turn?"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Record, Server

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Answer from the folder with this tocsin.yaml instead of the server, without what people changed.",
    ),
]


def add(oncall: typer.Typer) -> None:
    for name, command in (("now", now), ("at", at), ("who", who), ("next", following)):
        oncall.command(name)(command)


def now(config: _Config = None, as_json: _Json = False) -> None:
    """Say who is on call in every schedule, until when, and who comes next."""
    from tocsin.cli.client import Server
    from tocsin.ground.kernel.clock import SystemClock

    if config is None:
        found = Server.from_environment().get("oncall")["items"]
    else:
        found = _from_folder(config, SystemClock().now())
    _say(found, as_json)


def at(
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="2026-12-24T09:00, as clocks show here.", show_default=False)
    ],
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """Say who is on call in every schedule at a time."""
    from tocsin.cli.client import Server
    from tocsin.cli.commands.oncall.walltime import instant_of

    moment = instant_of(time)
    if config is None:
        found = Server.from_environment().get("oncall", at=moment.isoformat())["items"]
    else:
        found = _from_folder(config, moment)
    _say(found, as_json)


def who(
    schedule: Annotated[str, typer.Argument(help="A name under schedules:.", show_default=False)],
    time: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="2026-12-24T09:00, on the schedule's clocks. Default: now."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say one name, for scripts. Ends with 1 when nobody is on call."""
    from tocsin.cli.client import Server
    from tocsin.cli.commands.oncall.walltime import instant_of
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    duty = server.get("oncall", "schedules", schedule)
    if time is not None:
        moment = instant_of(time, duty["time_zone"]).isoformat()
        duty = server.get("oncall", "schedules", schedule, at=moment)
    if as_json:
        say_json(duty)
    elif duty["person"]:
        say(duty["person"])
    if not duty["person"]:
        sys.exit(1)


def following(
    person: Annotated[
        str | None, typer.Argument(help="A name under people:. Without one: everybody.", show_default=False)
    ] = None,
    lasts: Annotated[str, typer.Option("--for", help="How far to look, such as 7d or 12w.")] = "4w",
    as_json: _Json = False,
) -> None:
    """List the shifts to come: when is it my turn?"""
    from tocsin.cli.client import Server
    from tocsin.cli.commands.oncall.walltime import length_of, told
    from tocsin.cli.output import say, say_json, say_table
    from tocsin.ground.kernel.clock import SystemClock

    server, begin = Server.from_environment(), SystemClock().now()
    duties = {each["schedule"]: each for each in server.get("oncall")["items"]}
    query = {"start": begin.isoformat(), "end": (begin + length_of(lasts)).isoformat()}
    found = (
        server.get("oncall", "people", person, "shifts", **query)["items"]
        if person
        else _of_all(server, list(duties), query)
    )
    if as_json:
        say_json(found)
        return
    if not found:
        say(f"No shift within {lasts}.")
        return
    say_table(
        ("from", "until", "schedule", "on call", "why"),
        [
            (
                told(each["start"], duties[each["schedule"]]["time_zone"]),
                told(each["end"], duties[each["schedule"]]["time_zone"]),
                each["schedule"],
                each["person"] or "nobody",
                each["override"] or each["layer"] or "–",
            )
            for each in found
        ],
    )


def _of_all(server: Server, schedules: list[str], query: Record) -> list[Any]:
    shifts = [
        shift
        for schedule in schedules
        for shift in server.get("oncall", "schedules", schedule, "shifts", **query)["items"]
    ]
    return sorted(shifts, key=lambda each: (each["start"], each["schedule"]))


def _from_folder(folder: Path, moment: datetime) -> list[Record]:
    from dataclasses import asdict

    from tocsin.configuration import find_folder, load
    from tocsin.ground.kernel.clock import SystemClock
    from tocsin.respond.oncall import Oncall

    configuration = load(find_folder(folder)).required()
    duties = Oncall(lambda: configuration, SystemClock()).at(moment)
    return [asdict(each) | {"until": each.until.isoformat() if each.until else None} for each in duties]


def _say(found: list[Record], as_json: bool) -> None:
    from tocsin.cli.commands.oncall.walltime import told
    from tocsin.cli.output import say, say_json, say_table

    if as_json:
        say_json(found)
        return
    if not found:
        say("There is no schedule yet; add one under schedules: in tocsin.yaml.")
        return
    say_table(
        ("schedule", "on call", "until", "then", "learning"),
        [
            (
                each["title"],
                each["person"] or "nobody",
                f"{told(each['until'], each['time_zone'])} {each['time_zone']}" if each["until"] else "–",
                each["next_person"] or ("nobody" if each["until"] else "–"),
                ", ".join(each["shadows"]) or "–",
            )
            for each in found
        ],
    )
