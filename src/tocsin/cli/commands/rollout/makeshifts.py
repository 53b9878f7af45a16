"""`tocsin rollout off|makeshifts|back`: security rules that are off and simpler modes, until they are put back."""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(rollout: typer.Typer) -> None:
    rollout.command("off")(note)
    rollout.command("makeshifts")(show_all)
    rollout.command("back")(back)


def note(
    what: Annotated[str, typer.Argument(help="The rule, and where it is.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why it was switched off.", show_default=False)],
    incident: Annotated[str | None, typer.Option(help="INC-2026-0001.")] = None,
    service: Annotated[str, typer.Option(help="The service it protects, without an incident.")] = "",
    within: Annotated[str, typer.Option(help="When it has to be on again: 30m. Else as configured.")] = "",
    as_json: _Json = False,
) -> None:
    """Note that you have switched a security rule off: people are reminded until it is on again."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    body = {"what": what, "reason": reason, "service": service, "within": within}
    told = Server.from_environment().post(
        "makeshifts", body={**body, **({"incident": incident.upper()} if incident else {})}
    )
    if as_json:
        say_json(told)
        return
    say(f"{told['id']}: to be on again in {words.due(told['due_at']).removesuffix(' left')}.")
    say(f"Once it is: tocsin rollout back {told['id']} --by-hand")


def show_all(
    every: Annotated[bool, typer.Option("--all", help="Also what was put back.")] = False,
    incident: Annotated[str | None, typer.Option(help="Only of this incident.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: _Json = False,
) -> None:
    """List what stands only for now, newest first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    query = {"incident": incident, "standing": None if every else True}
    found = list(Server.from_environment().listed("makeshifts", limit=limit, **query))
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nothing has to be put back.")
        return
    say_table(
        ("id", "what", "since", "to be put back", "by", "reason"),
        [
            (
                each["id"],
                each["what"],
                words.past(each["began_at"]),
                f"✓ {words.past(each['ended_at'])}" if each["ended_at"] else words.due(each["due_at"]),
                words.person(each["by"]),
                each["reason"],
            )
            for each in found
        ],
    )


def back(
    which: Annotated[str, typer.Argument(metavar="MAKESHIFT", help="Its id.", show_default=False)],
    by_hand: Annotated[bool, typer.Option("--by-hand", help="You have put it back already.")] = False,
    as_json: _Json = False,
) -> None:
    """Put it back by its own way, as a run; or note that you have done so."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    told = Server.from_environment().post("makeshifts", which, "back", body={"by_hand": by_hand})
    if as_json:
        say_json(told)
        return
    if told["ended_at"]:
        say(f"Put back: {told['what']}")
    else:
        say(f"{told['run']} puts it back: {told['what']}")
