"""`tocsin oncall lint`: what is wrong with the schedules, before it is wrong at night?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Record

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def add(oncall: typer.Typer) -> None:
    oncall.command("lint")(lint)


def lint(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="Look at the folder with this tocsin.yaml instead of the server, without what people changed.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look twelve weeks ahead for gaps, layers that never count, uneven loads, people whom no page reaches, and people
    who are second behind themselves.

    The score is that of the worst schedule, from 0 to 100. Ends with 1 when there is an error.
    """
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().get("oncall", "lint") if config is None else _of_folder(config)
    if as_json:
        say_json(found)
    else:
        for each in found["findings"]:
            where = f" (first {each['start']})" if each["start"] and each["rule"] == "gap" else ""
            say(
                f"{each['level']}: {each['schedule']}: {each['text']}{where} [{each['rule']}]",
                style=_STYLES[each["level"]],
            )
        say(f"Score: {found['score']} of 100.")
    if any(each["level"] == "error" for each in found["findings"]):
        sys.exit(1)


def _of_folder(folder: Path) -> Record:
    from dataclasses import asdict

    from tocsin.act.notify.outbox import Outbox
    from tocsin.configuration import find_folder, load
    from tocsin.ground.kernel.clock import SystemClock
    from tocsin.ground.kernel.outbound import Outbound
    from tocsin.respond.oncall import Oncall

    configuration, clock = load(find_folder(folder)).required(), SystemClock()
    outbox = Outbox(lambda: configuration, outbound=Outbound(), boot="")
    found, score = Oncall(lambda: configuration, clock).review(lambda person: bool(outbox.routes(person)))
    return {
        "score": score,
        "findings": [
            asdict(each) | {name: _iso(getattr(each, name)) for name in ("start", "end")} for each in found
        ],
    }


def _iso(value: object) -> str | None:
    return str(value).replace(" ", "T") if value else None
