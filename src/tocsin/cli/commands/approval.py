"""`tocsin approval …`: what waits for a yes, what was decided, and by whom."""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Request = Annotated[
    str, typer.Argument(metavar="REQUEST", help="Its id, from the list.", show_default=False)
]


def add(app: typer.Typer) -> None:
    approval = typer.Typer(no_args_is_help=True, help="See what waits for a yes, and what was decided.")
    approval.command("list")(list_requests)
    approval.command("show")(show)
    app.add_typer(approval, name="approval")


def list_requests(
    mine: Annotated[bool, typer.Option("--mine", help="Only what you may decide.")] = False,
    decided: Annotated[
        bool, typer.Option("--decided", help="Instead, what was decided in the last seven days.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """List what waits for a yes, the oldest first. Say it with `tocsin run approve REQUEST`, or `run deny`."""
    from tocsin.cli import asking, words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = list(Server.from_environment().listed("approvals", mine=mine, decided=decided))
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nothing was decided." if decided else "Nothing waits for a yes.")
        return
    say_table(
        ("level", "id", "step", "where", "by", "votes", "until" if not decided else "ended"),
        [
            (
                each["level"],
                each["id"],
                each["title"],
                asking.where(each),
                each["role"] if not decided else _voters(each["votes"]),
                f"{each['given']} of {each['quorum']}",
                f"{each['state']} {words.past(each['decided_at'])}"
                if decided
                else words.exact(each["expires_at"]),
            )
            for each in found
        ],
    )


def _voters(votes: list[dict[str, object]]) -> str:
    return ", ".join(f"{'✓' if each['yes'] else '✕'} {each['voter']}" for each in votes) or "nobody"


def show(request: _Request, as_json: _Json = False) -> None:
    """Show one request, with all that somebody has to know before they decide it."""
    from tocsin.cli import asking
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().get("approvals", request)
    if as_json:
        say_json(found)
        return
    for line in asking.lines(found):
        say(line)
