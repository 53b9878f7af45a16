"""`tocsin oncall override …`: somebody else for some hours."""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(oncall: typer.Typer) -> None:
    override = typer.Typer(no_args_is_help=True, help="Put somebody on call for a time.")
    for name, command in (("add", put), ("list", show_all), ("remove", remove)):
        override.command(name)(command)
    oncall.add_typer(override, name="override")


def put(
    schedule: Annotated[str, typer.Argument(help="A name under schedules:.", show_default=False)],
    person: Annotated[str, typer.Argument(help="A name under people:.", show_default=False)],
    start: Annotated[str, typer.Option("--from", help="2026-12-24T09:00, on the schedule's clocks.")] = "now",
    until: Annotated[str | None, typer.Option("--until", help="Written as --from.")] = None,
    lasts: Annotated[str | None, typer.Option("--for", help="Instead: how long, such as 4h or 2d.")] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, for those who wonder.")] = "",
    as_json: _Json = False,
) -> None:
    """Put somebody on call, before everything that stands in the configuration."""
    from tocsin.cli.client import Server
    from tocsin.cli.commands.oncall.walltime import span_of, told
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    zone = server.get("oncall", "schedules", schedule)["time_zone"]
    begin, end = span_of(start, until, lasts, zone)
    body = {
        "schedule": schedule,
        "person": person,
        "start": begin.isoformat(),
        "end": end.isoformat(),
        "reason": reason,
    }
    made = server.post("oncall", "overrides", body=body)
    if as_json:
        say_json(made)
    else:
        say(
            f"{person} is on call for {schedule} from {told(made['start'], zone)} to {told(made['end'], zone)} "
            f"{zone} ({made['id']})."
        )


def show_all(
    schedule: Annotated[str | None, typer.Argument(help="Only this one.", show_default=False)] = None,
    as_json: _Json = False,
) -> None:
    """List what is under way and to come."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.commands.oncall.walltime import told
    from tocsin.cli.output import say, say_json, say_table

    server = Server.from_environment()
    found = server.get("oncall", "overrides", schedule=schedule)["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No overrides.")
        return
    zones = {each["schedule"]: each["time_zone"] for each in server.get("oncall")["items"]}
    say_table(
        ("from", "until", "schedule", "on call", "author", "why", "id"),
        [
            (
                told(each["start"], zones.get(each["schedule"], "UTC")),
                told(each["end"], zones.get(each["schedule"], "UTC")),
                each["schedule"],
                each["person"],
                words.person(each["created_by"]),
                each["reason"] or ("a swap" if each["swap"] else "–"),
                each["id"],
            )
            for each in found
        ],
    )


def remove(
    override: Annotated[
        str, typer.Argument(metavar="OVERRIDE", help="Its id, from the list.", show_default=False)
    ],
    as_json: _Json = False,
) -> None:
    """Take it back; one that is under way ends now."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    removed = Server.from_environment().post("oncall", "overrides", override, "remove")
    if as_json:
        say_json(removed)
    else:
        say("It never counts." if removed["removed_at"] else "It has ended.")
