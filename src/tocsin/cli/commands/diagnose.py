"""`tocsin diagnose SERVICE`: ask everything that can be asked of it, follow the answers, read what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Record, Server

_LOOK_EVERY_S = 0.3
_MARKS = {True: "✓", False: "◆", None: "–"}
_STATES = {"late": "✕", "by_hand": "–"}


def add(app: typer.Typer) -> None:
    app.command("diagnose")(diagnose)


def diagnose(
    service: Annotated[
        str | None, typer.Argument(help="The service, as it is configured.", show_default=False)
    ] = None,
    incident: Annotated[
        str | None, typer.Option(help="For this incident: its service, and the bundle belongs to it.")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(help="Write the bundle, a zip with an index page, to this file.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    show: Annotated[
        str | None, typer.Option("--show", metavar="ID", help="One from before, instead of a new one.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Those from before, instead of a new one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask everything that can be asked of a service, at once; nothing of it changes anything.

    Asked are its endpoints and checks, its targets, the diagnosis of its runbooks, and what was changed. Ends with 0
    when all answers are in, with 1 where it broke off.
    """
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Invalid

    server = Server.from_environment()
    if listed:
        _list(server, service, incident, as_json=as_json)
        return
    if not (service or incident or show):
        raise Invalid("nothing says what to diagnose", field="service", fix="tocsin diagnose SERVICE")
    found: dict[str, Any] = (
        server.get("diagnoses", show)
        if show
        else server.post("diagnoses", body={"service": service or "", "incident": incident})
    )
    if wait:
        found = _follow(server, found["id"], quiet=as_json)
    if archive and wait:
        archive.write_bytes(server.download("diagnoses", found["id"], "archive"))
    if as_json:
        say_json(found)
    elif not wait:
        say(f"{found['id']}: tocsin diagnose --show {found['id']}")
    else:
        _tell(found)
        if archive:
            say()
            say(f"The bundle is in {archive}.")
    if found["state"] == "failed":
        raise typer.Exit(1)


def _follow(server: Server, id_: str, *, quiet: bool) -> Record:
    """Says each answer as it comes; gives the diagnosis as it ended."""
    import time

    from tocsin.cli.output import say

    told: set[str] = set()
    while True:
        found = server.get("diagnoses", id_)
        for part in found["parts"]:
            if not quiet and part["key"] not in told and part["state"] in ("answered", "late"):
                told.add(part["key"])
                mark = _STATES.get(part["state"]) or _MARKS[part["ok"]]
                source = f" ({part['source']})" if part["source"] else ""
                said = f": {part['said']}" if part["said"] else ""
                say(f"{mark} {part['title']}{source}{said}")
        if found["state"] != "running":
            return found
        time.sleep(_LOOK_EVERY_S)


def _tell(found: Record) -> None:
    """What it comes to, the most urgent first."""
    from tocsin.cli.output import say

    findings = found["findings"]
    if findings["error"]:
        say(f"It broke off: {findings['error']}")
        return
    if scope := findings["scope"]:
        say()
        say(f"{scope['why']}. {scope['outcome']}.", style="bold")
        for each in scope["advice"]:
            say(f"  {each}")
    by_hand = [each for each in found["parts"] if each["state"] == "by_hand"]
    sections = (
        ("What to do next", findings["advice"]),
        ("What changed", [_change(each) for each in findings["changes"]]),
        (
            "Known causes, the likeliest first",
            [
                f"{each['name']} ({each['runbook']})" + "".join(f"\n      {why}" for why in each["why"])
                for each in findings["causes"]
                if each["score"]
            ],
        ),
        ("For a person to look at", [each["title"] for each in by_hand]),
    )
    for title, lines in sections:
        if lines:
            say()
            say(title, style="bold")
            for line in lines:
                say(f"  · {line}")


def _change(change: Record) -> str:
    minutes = change["minutes_before"]
    when = f"{minutes} min before" if minutes >= 0 else f"{-minutes} min after it began"
    return f"{change['kind']} {change['state']}: {change['title']}, {when}"


def _list(server: Server, service: str | None, incident: str | None, *, as_json: bool) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say, say_json, say_table

    found = list(server.listed("diagnoses", limit=50, service=service, incident=incident))
    if as_json:
        say_json(found)
        return
    if not found:
        say("No diagnosis yet.")
        return
    say_table(
        ("state", "id", "service", "incident", "when"),
        [
            (
                each["state"],
                each["id"],
                each["service"],
                each["incident"] or "–",
                words.past(each["asked_at"]),
            )
            for each in found
        ],
    )
