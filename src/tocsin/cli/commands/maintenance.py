"""`tocsin maintenance …`: planned work, during which alerts page nobody."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(app: typer.Typer) -> None:
    maintenance = typer.Typer(no_args_is_help=True, help="Plan work: what fires meanwhile pages nobody.")
    for name, command in (("add", plan), ("list", show_all), ("end", end), ("next", following)):
        maintenance.command(name)(command)
    app.add_typer(maintenance, name="maintenance")


def plan(
    title: Annotated[str, typer.Argument(help="What is done, in a few words.", show_default=False)],
    service: Annotated[
        list[str] | None, typer.Option("--service", "-s", help="A service; may be repeated.")
    ] = None,
    matcher: Annotated[
        list[str] | None,
        typer.Option("--match", "-m", help="""Only alerts such as 'host=~"db.*"'; may be repeated."""),
    ] = None,
    lasts: Annotated[str, typer.Option("--for", help="How long, such as 30m or 2h.")] = "1h",
    starts_at: Annotated[
        str | None, typer.Option("--start", help="When it begins, such as 2026-11-22T02:00Z. Default: now.")
    ] = None,
    recurs: Annotated[
        str, typer.Option(help='When it comes again, as an RRULE: "FREQ=WEEKLY;BYDAY=SU".')
    ] = "",
    zone: Annotated[str, typer.Option(help="By whose clock it comes again, such as Asia/Taipei.")] = "",
    comment: Annotated[str, typer.Option("--comment", "-c", help="Why.")] = "",
    as_json: _Json = False,
) -> None:
    """Plan a window. What still fires at its end pages as if it were new."""
    from tocsin.cli.client import Server

    body: dict[str, Any] = {
        "title": title,
        "services": service or [],
        "matchers": matcher or [],
        "lasts": lasts,
        "recurs": recurs,
        "zone": zone,
        "comment": comment,
    }
    if starts_at:
        body["starts_at"] = starts_at
    _say(Server.from_environment().post("maintenance", body=body), as_json)


def show_all(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: _Json = False,
) -> None:
    """List windows, those of the configuration first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("maintenance", over=every or None)["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No maintenance windows.")
        return
    say_table(
        ("state", "title", "about", "now until", "next", "recurs", "id"),
        [
            (
                words.state(each["state"]),
                each["title"],
                " ".join([*each["services"], *each["matchers"]]),
                words.exact(each["now"]["ends_at"]) if each["now"] else "–",
                words.exact(each["following"]["starts_at"]) if each["following"] else "–",
                each["recurs"] or "–",
                each["id"],
            )
            for each in found
        ],
    )


def end(
    window: Annotated[
        str, typer.Argument(metavar="WINDOW", help="Its id, from the list.", show_default=False)
    ],
    series: Annotated[
        bool, typer.Option("--series", help="It recurs: end it for good, not only this time.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """End what is under way, or call off what is to come. What fires within it pages at once."""
    from tocsin.cli.client import Server

    answer = Server.from_environment().post("maintenance", window, "end", body={"series": series})
    _say(answer, as_json)


def following(as_json: _Json = False) -> None:
    """What is planned for the next 31 days, in order."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("maintenance", "calendar")["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nothing is planned.")
        return
    say_table(
        ("from", "until", "title", "id"),
        [
            (words.exact(each["starts_at"]), words.exact(each["ends_at"]), each["title"], each["window"])
            for each in found
        ],
    )


def _say(found: dict[str, Any], as_json: bool) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say, say_json, say_pairs

    if as_json:
        say_json(found)
        return
    say(f"{words.state(found['state'])}  {found['title']}  {found['id']}", style="bold")
    say_pairs(
        {
            "about": " ".join([*found["services"], *found["matchers"]]),
            "now until": words.exact(found["now"]["ends_at"]) if found["now"] else "–",
            "next": words.exact(found["following"]["starts_at"]) if found["following"] else "–",
            "recurs": f"{found['recurs']} by the clock of {found['zone']}" if found["recurs"] else "–",
            "planned by": words.person(found["created_by"]),
            "why": found["comment"] or "–",
        }
    )
