"""`tocsin rollout versions|confirm|refuse`: what was in place, and what may be gone back to."""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Service = Annotated[str, typer.Argument(help="A name under services:.", show_default=False)]
_Version = Annotated[str, typer.Argument(help="As its deploy told it.", show_default=False)]
_Why = Annotated[str, typer.Option(help="How you know.")]


def add(rollout: typer.Typer) -> None:
    rollout.command("versions")(show)
    rollout.command("confirm")(confirm)
    rollout.command("refuse")(refuse)


def show(service: _Service, as_json: _Json = False) -> None:
    """List the versions of a service, that which stands now in front."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("services", service, "versions")["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No deploy has told a version. `tocsin change add --version …` tells of one.")
        return
    say_table(
        ("version", "standing", "put in place", "stood", "by", "incidents"),
        [
            (
                each["version"],
                each["standing"],
                words.past(each["since"]),
                words.between(each["since"], each["until"]),
                each["deployed_by"] or "–",
                " ".join(each["incidents"]) or "–",
            )
            for each in found
        ],
    )


def confirm(service: _Service, version: _Version, why: _Why = "", as_json: _Json = False) -> None:
    """Say that a version is stable: a roll back may go to it."""
    _judge(service, version, True, why, as_json)


def refuse(service: _Service, version: _Version, why: _Why = "", as_json: _Json = False) -> None:
    """Say that a version is not to be gone back to."""
    _judge(service, version, False, why, as_json)


def _judge(service: str, version: str, stable: bool, why: str, as_json: bool) -> None:
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    body = {"version": version, "stable": stable, "why": why}
    told = Server.from_environment().post("services", service, "versions", body=body)
    if as_json:
        say_json(told)
        return
    say(f"{service} {version}: {'may be gone back to' if stable else 'is not gone back to'}")
