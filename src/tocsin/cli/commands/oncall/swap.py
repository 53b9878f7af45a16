"""`tocsin oncall swap …`: may somebody else take my shift?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Record

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Id = Annotated[str, typer.Argument(metavar="SWAP", help="Its id, from the list.", show_default=False)]


def add(oncall: typer.Typer) -> None:
    swap = typer.Typer(no_args_is_help=True, help="Ask somebody to take a shift, and answer.")
    for name, command in (
        ("ask", ask),
        ("list", show_all),
        ("accept", accept),
        ("decline", decline),
        ("cancel", cancel),
    ):
        swap.command(name)(command)
    oncall.add_typer(swap, name="swap")


def ask(
    schedule: Annotated[str, typer.Argument(help="A name under schedules:.", show_default=False)],
    taker: Annotated[
        str, typer.Argument(metavar="PERSON", help="Who is asked: a name under people:.", show_default=False)
    ],
    start: Annotated[
        str, typer.Option("--from", help="2026-12-24T09:00, on the schedule's clocks.", show_default=False)
    ],
    until: Annotated[str | None, typer.Option("--until", help="Written as --from.")] = None,
    lasts: Annotated[str | None, typer.Option("--for", help="Instead: how long, such as 12h.")] = None,
    back_start: Annotated[
        str | None, typer.Option("--back-from", help="What is taken in return begins.")
    ] = None,
    back_until: Annotated[
        str | None, typer.Option("--back-until", help="What is taken in return ends.")
    ] = None,
    giver: Annotated[
        str | None, typer.Option("--giver", help="Whose shift it is. Default: whose account asks.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why, for the one who is asked.")] = "",
    as_json: _Json = False,
) -> None:
    """Ask somebody to take a shift. Nothing changes until they accept."""
    from tocsin.cli.client import Server
    from tocsin.cli.commands.oncall.walltime import instant_of, span_of

    server = Server.from_environment()
    zone = server.get("oncall", "schedules", schedule)["time_zone"]
    begin, end = span_of(start, until, lasts, zone)
    body = {
        "schedule": schedule,
        "giver": giver,
        "taker": taker,
        "start": begin.isoformat(),
        "end": end.isoformat(),
        "back_start": instant_of(back_start, zone).isoformat() if back_start else None,
        "back_end": instant_of(back_until, zone).isoformat() if back_until else None,
        "note": note,
    }
    _say(server.post("oncall", "swaps", body=body), as_json)


def show_all(
    person: Annotated[
        str | None, typer.Argument(help="Only those of this person.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were answered, too.")] = False,
    as_json: _Json = False,
) -> None:
    """List swaps that wait for an answer."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("oncall", "swaps", person=person, all=every or None)["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No swaps." if every else "No swap waits for an answer.")
        return
    say_table(
        ("state", "schedule", "from", "to", "starts", "ends", "in return", "id"),
        [
            (
                each["state"],
                each["schedule"],
                each["giver"],
                each["taker"],
                words.exact(each["start"]),
                words.exact(each["end"]),
                words.exact(each["back_start"]),
                each["id"],
            )
            for each in found
        ],
    )


def accept(swap: _Id, as_json: _Json = False) -> None:
    """Take the shift; from now on the schedule says so."""
    _act(swap, "accept", as_json)


def decline(swap: _Id, as_json: _Json = False) -> None:
    """Do not take it."""
    _act(swap, "decline", as_json)


def cancel(swap: _Id, as_json: _Json = False) -> None:
    """Take the question back."""
    _act(swap, "cancel", as_json)


def _act(swap: str, act: str, as_json: bool) -> None:
    from tocsin.cli.client import Server

    _say(Server.from_environment().post("oncall", "swaps", swap, act), as_json)


def _say(found: Record, as_json: bool) -> None:
    from tocsin.cli.output import say, say_json

    if as_json:
        say_json(found)
    else:
        say(
            f"{found['state']}: {found['taker']} for {found['giver']} in {found['schedule']} ({found['id']})."
        )
