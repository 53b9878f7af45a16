"""`tocsin drill …`: put a fault in on purpose, and see how fast it was noticed, taken on and put right."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

_LOOK_EVERY_S = 2.0
_OVER = ("passed", "failed", "void", "stopped")
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Id = Annotated[str, typer.Argument(metavar="DRILL", help="Its id, from the list.", show_default=False)]


def add(app: typer.Typer) -> None:
    drill = typer.Typer(no_args_is_help=True, help="Break something on purpose, and score what follows.")
    for name, command in (("list", show_all), ("run", run), ("show", show), ("stop", stop)):
        drill.command(name)(command)
    app.add_typer(drill, name="drill")


def show_all(as_json: _Json = False) -> None:
    """List the faults of tocsin.yaml and the drills of them, the newest first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    server = Server.from_environment()
    faults, drills = server.get("faults")["items"], server.get("drills")["items"]
    if as_json:
        say_json({"faults": faults, "drills": drills})
        return
    if not faults:
        say("No fault is configured: they stand under faults: in tocsin.yaml.")
    else:
        say_table(
            ("fault", "service", "what is wrong", "does", "last"),
            [
                (
                    each["name"],
                    each["service"],
                    each["title"],
                    each["level"],
                    words.state(each["last"]["state"]) if each["last"] else "never",
                )
                for each in faults
            ],
        )
    if drills:
        say("")
        say_table(
            ("drill", "fault", "state", "when", "detect", "acknowledge", "restore"),
            [
                (
                    each["id"],
                    each["fault"],
                    words.state(each["state"]),
                    words.past(each["created_at"]),
                    *_told(each),
                )
                for each in drills
            ],
        )


def run(
    fault: Annotated[str, typer.Argument(help="A name under faults: in tocsin.yaml.", show_default=False)],
    wait: Annotated[
        bool, typer.Option("--wait", help="Until it is over: 0 where it passed, else 1.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Put the fault in, now. What follows is a real incident: people are paged."""
    from tocsin.cli.client import Server

    server = Server.from_environment()
    found = server.post("drills", body={"fault": fault})
    while wait and found["state"] not in _OVER:
        time.sleep(_LOOK_EVERY_S)
        found = server.get("drills", found["id"])
    _say(found, as_json)
    if wait and found["state"] != "passed":
        raise typer.Exit(1)


def show(drill: _Id, as_json: _Json = False) -> None:
    """Show one drill: what was broken, what came of it, and the score."""
    from tocsin.cli.client import Server

    _say(Server.from_environment().get("drills", drill), as_json)


def stop(drill: _Id, as_json: _Json = False) -> None:
    """End a drill before its time; where the service is not back, the fault's `undo` runs."""
    from tocsin.cli.client import Server

    _say(Server.from_environment().post("drills", drill, "stop"), as_json)


def _say(found: dict[str, Any], as_json: bool) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say, say_json, say_table

    if as_json:
        say_json(found)
        return
    say(f"{found['id']}  {found['title']} ({found['service']})  {words.state(found['state'])}")
    for name in ("why", "incident", "run", "runbook"):
        if found[name]:
            say(f"{name}: {found[name]}")
    if found["marks"]:
        say_table(
            ("", "took", "allowed"),
            [(each["name"], _span(each["took_s"]), _span(each["allowed_s"])) for each in found["marks"]],
        )
    if found["printed"]:
        say("")
        say(found["printed"])


def _told(found: dict[str, Any]) -> list[str]:
    """The three marks in a row; dashes for a drill that is not over."""
    marks = {each["name"]: each for each in found["marks"]}
    return [
        _span(marks[name]["took_s"]) if name in marks else "–"
        for name in ("detect", "acknowledge", "restore")
    ]


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f} s"
