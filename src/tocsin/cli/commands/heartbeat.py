"""`tocsin heartbeat …`: which jobs have to report, and did they?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Which = Annotated[str, typer.Argument(metavar="HEARTBEAT", help="Its name, id or uuid.", show_default=False)]


def add(app: typer.Typer) -> None:
    heartbeat = typer.Typer(no_args_is_help=True, help="Watch jobs that have to report.")
    for name, command in (
        ("list", show_all),
        ("show", show),
        ("add", create),
        ("pause", pause),
        ("resume", resume),
        ("rm", remove),
    ):
        heartbeat.command(name)(command)
    app.add_typer(heartbeat, name="heartbeat")


def create(
    slug: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, - and _.")],
    period: Annotated[str | None, typer.Option(help="How often it reports, such as 1h. Default: 1d.")] = None,
    cron: Annotated[
        str | None, typer.Option(help="When it runs, as in a crontab; not with --period.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of --cron, such as Asia/Taipei.")] = None,
    grace: Annotated[str | None, typer.Option(help="How late it may be. Default: 1h.")] = None,
    max_runtime: Annotated[
        str | None, typer.Option(help="How long a run may take. Default: as --grace.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="The service that suffers when it does not run.")
    ] = None,
    severity: Annotated[str, typer.Option(help="The label `severity` of its alerts.")] = "",
    title: Annotated[str, typer.Option(help="What people call it.")] = "",
    as_json: _Json = False,
) -> None:
    """Make one; it prints the address to ping. Those under `heartbeats:` in tocsin.yaml need no such command."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    given = {
        "period": period,
        "cron": cron,
        "time_zone": time_zone,
        "grace": grace,
        "max_runtime": max_runtime,
        "service": service,
    }
    body = {"slug": slug, "severity": severity, "name": title}
    made = Server.from_environment().post(
        "heartbeats", body={**body, **{name: each for name, each in given.items() if each is not None}}
    )
    if as_json:
        say_json(made)
        return
    say(f"Heartbeat {made['slug']}. Its job reports with:", style="bold")
    say(f"  curl -fsS -m 10 --retry 5 {made['ping_url']}")
    say("or runs as:")
    say(f"  TOCSIN_PING_URL={made['ping_url']} tocsin exec -- COMMAND")


def show_all(as_json: _Json = False) -> None:
    """List them, by name."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("heartbeats")["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No heartbeats. `tocsin heartbeat add NAME` makes one.")
        return
    say_table(
        ("state", "name", "schedule", "last", "took", "service"),
        [
            (
                words.state(each["state"]),
                each["slug"],
                _schedule(each),
                words.past(each["last_ping"]),
                _took(each),
                each["service"] or "–",
            )
            for each in found
        ],
    )


def show(which: _Which, as_json: _Json = False) -> None:
    """Show one with its last reports."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_pairs, say_table

    server = Server.from_environment()
    found = server.get("heartbeats", which)
    reports = server.get("heartbeats", which, "pings", limit=10)["items"]
    if as_json:
        say_json({**found, "reports": reports})
        return
    say(f"{words.state(found['state'])}  {found['name']}", style="bold")
    say_pairs(
        {
            "trouble": found["trouble"] or "–",
            "address": found["ping_url"] or "– (your role may not see it)",
            "schedule": _schedule(found),
            "grace": _length(found["grace_seconds"]),
            "runs": f"{_length(found['max_runtime_seconds'])} at most",
            "due": words.exact(found["due_at"]),
            "service": found["service"] or "–",
            "made": "tocsin.yaml" if found["configured"] else words.exact(found["created_at"]),
        }
    )
    if found["output"]:
        say()
        say(found["output"].rstrip())
    if reports:
        say()
        say_table(
            ("at", "what", "status", "took", "by"),
            [
                (
                    words.exact(each["at"]),
                    each["kind"],
                    each["exit_status"],
                    "" if each["duration_seconds"] is None else _length(each["duration_seconds"]),
                    each["agent"],
                )
                for each in reports
            ],
        )


def pause(which: _Which, as_json: _Json = False) -> None:
    """Watch it no more, until it reports or is resumed; its alert is over."""
    _changed(which, "pause", "Paused", as_json)


def resume(which: _Which, as_json: _Json = False) -> None:
    """Watch it again."""
    _changed(which, "resume", "Watched", as_json)


def remove(which: _Which, as_json: _Json = False) -> None:
    """Remove it; its address is unknown from then on."""
    _changed(which, "remove", "Removed", as_json)


def _changed(which: str, action: str, done: str, as_json: bool) -> None:
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().post("heartbeats", which, action)
    if as_json:
        say_json(found)
    else:
        say(f"{done}: {found['slug']}")


def _schedule(beat: Mapping[str, Any]) -> str:
    if beat["period_seconds"] is None:
        return f"{beat['cron']} {beat['time_zone']}"
    return f"each {_length(beat['period_seconds'])}"


def _took(beat: Mapping[str, Any]) -> str:
    return "–" if beat["last_duration_seconds"] is None else _length(beat["last_duration_seconds"])


def _length(seconds: float) -> str:
    from tocsin.ground.i18n import span

    return span("en", seconds)
