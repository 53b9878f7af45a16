"""`tocsin silence …`: quiet about some alerts, for a while."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Id = Annotated[str, typer.Argument(metavar="SILENCE", help="Its id, from the list.", show_default=False)]


def add(app: typer.Typer) -> None:
    silence = typer.Typer(no_args_is_help=True, help="Ask for quiet: silenced alerts page nobody.")
    for name, command in (("add", create), ("list", show_all), ("show", show), ("expire", expire)):
        silence.command(name)(command)
    app.add_typer(silence, name="silence")


def create(
    matchers: Annotated[
        list[str],
        typer.Argument(
            metavar="MATCHER…", help="""Such as alertname=DiskFull 'host=~"db.*"'.""", show_default=False
        ),
    ],
    comment: Annotated[
        str, typer.Option("--comment", "-c", help="Why, for those who wonder.", show_default=False)
    ],
    lasts: Annotated[str, typer.Option("--for", help="How long, such as 30m, 2h or 3d.")] = "2h",
    starts_at: Annotated[
        str | None, typer.Option("--start", help="When it begins, such as 2026-11-22T02:00Z. Default: now.")
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Also when it hides many alerts, or those of several services.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Silence the alerts that all matchers hold for. What still fires at its end pages as if it were new."""
    from tocsin.cli.client import Server

    body: dict[str, Any] = {
        "matchers": matchers,
        "comment": comment,
        "lasts": lasts,
        "confirmed": confirm,
    }
    if starts_at:
        body["starts_at"] = starts_at
    _say(Server.from_environment().post("silences", body=body), as_json)


def show_all(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: _Json = False,
) -> None:
    """List silences, the last to end first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("silences")["items"]
    shown = [each for each in found if every or each["state"] != "expired"]
    if as_json:
        say_json(shown)
        return
    if not shown:
        say("No silences.")
        return
    say_table(
        ("state", "matchers", "ends", "author", "why", "id"),
        [
            (
                words.state(each["state"]),
                " ".join(each["matchers"]),
                words.exact(each["ends_at"]),
                words.person(each["created_by"]),
                each["comment"] or "–",
                each["id"],
            )
            for each in shown
        ],
    )


def show(silence: _Id, as_json: _Json = False) -> None:
    """Show one silence, who did what to it, and what it hides now."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say

    server = Server.from_environment()
    found = server.get("silences", silence)
    _say(found, as_json)
    if as_json or found["state"] == "expired":
        return
    reach = server.post("silences", "try", body={"matchers": found["matchers"]})
    services = ", ".join(reach["services"])
    say(f"It is about {reach['alerts']} alerts that fire now{f', of {services}' if services else ''}.")


def expire(silence: _Id, as_json: _Json = False) -> None:
    """End it now. What it hides and still fires pages at once."""
    from tocsin.cli.client import Server

    _say(Server.from_environment().post("silences", silence, "expire"), as_json)


def _say(found: dict[str, Any], as_json: bool) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say, say_json, say_pairs

    if as_json:
        say_json(found)
        return
    say(f"{words.state(found['state'])}  {found['id']}", style="bold")
    say_pairs(
        {
            "matchers": " ".join(found["matchers"]),
            "from": words.exact(found["starts_at"]),
            "until": words.exact(found["ends_at"]),
            "author": words.person(found["created_by"]),
            "why": found["comment"] or "–",
            "acts": "; ".join(
                f"{each['what']} by {words.person(each['by'])}, {words.exact(each['at'])}"
                for each in found["acts"]
            ),
        }
    )
