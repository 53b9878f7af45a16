"""`tocsin action …`: what can be done, what would it do, and do it, as a run of one step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Server

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Name = Annotated[
    str, typer.Argument(metavar="ACTION", help="Its name, such as postgres.lock_waits.", show_default=False)
]
_Arguments = Annotated[
    list[str] | None,
    typer.Option(
        "--argument",
        "-a",
        metavar="NAME=VALUE",
        help="What it is given; may be repeated. A value in [ ] or { } is read as JSON.",
    ),
]
_SHAPES = {"read": "○", "change": "◆", "destroy": "▲"}
_OVER = frozenset({"succeeded", "failed", "cancelled"})
_LOOK_S = 0.3


def add(app: typer.Typer) -> None:
    action = typer.Typer(no_args_is_help=True, help="Single actions: list them, plan one, run one.")
    for name, command in (("list", list_all), ("show", show), ("plan", plan), ("run", run)):
        action.command(name)(command)
    app.add_typer(action, name="action")


def list_all(
    word: Annotated[
        str, typer.Argument(metavar="WORD", help="Only names and titles that hold it.", show_default=False)
    ] = "",
    as_json: _Json = False,
) -> None:
    """List every action with its level."""
    from dataclasses import asdict

    from tocsin.act.actions.described import described
    from tocsin.cli.output import say, say_json, say_table

    small = word.lower()
    found = [each for each in described() if small in f"{each.name} {each.title}".lower()]
    if as_json:
        say_json([asdict(each) for each in found])
    elif found:
        say_table(
            ("level", "action", "what it does"),
            [(f"{_SHAPES[each.level]} {each.level}", each.name, each.title) for each in found],
        )
    else:
        say(f"No action holds {word}.")


def show(name: _Name, as_json: _Json = False) -> None:
    """Show one action: its level, its arguments, examples."""
    from dataclasses import asdict

    from tocsin.act.actions.described import one
    from tocsin.cli.output import say, say_json, say_table

    found = one(name)
    if as_json:
        say_json(asdict(found))
        return
    say(f"{_SHAPES[found.level]} {found.level}: {found.title}", style="bold")
    if found.about:
        say(found.about)
    needed = found.arguments.get("required", [])
    rows = [
        (field, "needed" if field in needed else _told(told.get("default")), told.get("description", ""))
        for field, told in found.arguments.get("properties", {}).items()
    ]
    if rows:
        say()
        say_table(("argument", "default", "meaning"), rows)
    for each in found.examples:
        say()
        say(f"  {name}: {json.dumps(each, ensure_ascii=False)}")


def plan(name: _Name, argument: _Arguments = None, as_json: _Json = False) -> None:
    """Say what an action would do, and what would take it back. Nothing is run."""
    from dataclasses import asdict

    from tocsin.act.actions.described import planned
    from tocsin.cli.output import say, say_json

    found = planned(name, _named(argument or []))
    if as_json:
        say_json(asdict(found))
        return
    say(f"{_SHAPES[found.level]} {found.level}: {found.plan}")
    if found.undo:
        say(f"Taken back by {json.dumps(found.undo, ensure_ascii=False)}")


def run(
    name: _Name,
    argument: _Arguments = None,
    service: Annotated[str, typer.Option(help="The service that it is done to.")] = "",
    target: Annotated[str | None, typer.Option("--on", help="One of the service's targets.")] = None,
    incident: Annotated[str | None, typer.Option(help="The incident it is for.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow it.")] = False,
    as_json: _Json = False,
) -> None:
    """Run one action, and print what it says. What destroys waits for an approval.

    The exit status is 1 if it failed.
    """
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    body = {
        "arguments": _named(argument or []),
        "service": service,
        "target": target,
        "incident": incident,
    }
    found = server.post("actions", name, "runs", body=body)
    if not no_wait:
        found = _followed(server, found["id"])
    if as_json:
        say_json(found)
    else:
        if not no_wait:
            _print(server, found["id"])
        say(f"{found['id']} {found['state']}{': ' + found['why'] if found['why'] else ''}")
        if found["state"] == "waiting":
            say(f"It waits for a person: tocsin run show {found['id']}")
    if found["state"] == "failed":
        raise typer.Exit(1)


def _followed(server: Server, id_: str) -> dict[str, Any]:
    """The run once it is over, or waits for a person."""
    import time

    while True:
        found: dict[str, Any] = server.get("runs", id_)
        if found["state"] in _OVER or (found["state"] == "waiting" and found["waiting_for"]):
            return found
        time.sleep(_LOOK_S)


def _print(server: Server, id_: str) -> None:
    from tocsin.cli.output import say

    for step in server.get("runs", id_)["steps"]:
        for each in server.listed("runs", id_, "output", step=step["key"], attempt=step["attempt"]):
            say(each["text"].rstrip("\n"))


def _told(default: Any) -> str:
    return "–" if default is None or default == "" else str(default)


def _named(told: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` as arguments; lists and maps are JSON."""
    from tocsin.ground.kernel.errors import Invalid

    found: dict[str, Any] = {}
    for each in told:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise Invalid(f"{each} is no argument", field="argument", fix="Write NAME=VALUE.")
        if value.startswith(("[", "{")):
            try:
                found[name] = json.loads(value)
            except ValueError:
                raise Invalid(
                    f"the value of {name} is no JSON", field=name, fix='Write ["a", "b"] or {"a": 1}.'
                ) from None
        else:
            found[name] = value
    return found
