"""`tocsin rollout start|list|show|cancel`: put an earlier version back, and follow it to its proof."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tocsin.cli.commands.rollout.advice import about

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Which = Annotated[str, typer.Argument(metavar="ROLLBACK", help="Its id.", show_default=False)]


def add(rollout: typer.Typer) -> None:
    rollout.command("start")(start)
    rollout.command("list")(show_all)
    rollout.command("show")(show)
    rollout.command("cancel")(cancel)


def start(
    subject: Annotated[
        str,
        typer.Argument(metavar="INCIDENT|SERVICE", help="An incident such as INC-2026-0001, or a service."),
    ],
    reason: Annotated[str, typer.Option(help="For the timeline.", show_default=False)],
    to: Annotated[
        str, typer.Option(help="A version that is known to be stable; the newest such one if unset.")
    ] = "",
    as_json: _Json = False,
) -> None:
    """Roll a service back: validate, prepare, perform, verify, record."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    body = {**about(subject), "to": to, "reason": reason}
    found = Server.from_environment().post("rollbacks", body=body)
    if as_json:
        say_json(found)
        return
    say(f"{found['id']}: {found['from_version']} → {found['to_version']}")
    say(f"`tocsin rollout show {found['id']}` says how far it is.")


def show_all(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    incident: Annotated[str | None, typer.Option(help="Only of this incident.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: _Json = False,
) -> None:
    """List roll backs, latest first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    listed = Server.from_environment().listed("rollbacks", limit=limit, service=service, incident=incident)
    found = list(listed)
    if as_json:
        say_json(found)
        return
    if not found:
        say("No roll backs.")
        return
    say_table(
        ("id", "state", "service", "from", "to", "when", "by"),
        [
            (
                each["id"],
                words.state(each["state"]),
                each["service"],
                each["from_version"] or "–",
                each["to_version"],
                words.past(each["started_at"]),
                words.person(each["actor"]),
            )
            for each in found
        ],
    )


def show(which: _Which, as_json: _Json = False) -> None:
    """Show one with its stages and every check that was looked at."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say_json

    found = Server.from_environment().get("rollbacks", which)
    if as_json:
        say_json(found)
        return
    _say(found)


def cancel(which: _Which, as_json: _Json = False) -> None:
    """End one. What was changed by then stays changed."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say_json

    found = Server.from_environment().post("rollbacks", which, "cancel")
    if as_json:
        say_json(found)
        return
    _say(found)


def _say(found: dict[str, Any]) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say, say_pairs

    say_pairs(
        {
            "state": words.state(found["state"]),
            "service": found["service"],
            "version": f"{found['from_version'] or '–'} → {found['to_version']}",
            "incident": found["incident"] or "–",
            "started": words.past(found["started_at"]),
            "took": words.between(found["started_at"], found["ended_at"]),
            "reason": found["reason"],
            "outcome": found["why"] or "–",
        }
    )
    for stage in found["stages"]:
        run = f"  (run {stage['run']})" if stage.get("run") else ""
        say(f"{'✓' if stage['ok'] else '✕'} {stage['stage']}: {stage['text']}{run}")
        for each in stage.get("findings", ()):
            say(f"    {'✓' if each['ok'] else '✕'} {each['check']} {each['text']} {each['ms']:g} ms")
