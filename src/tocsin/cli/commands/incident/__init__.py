"""`tocsin incident …`: what is broken, who has it, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tocsin.cli.commands.incident import role, update

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Number = Annotated[
    str, typer.Argument(metavar="INC", help="Its number, such as INC-2026-0001.", show_default=False)
]
_WAYS = {"edge": "public", "origin": "direct", "check": "check"}
_Why = Annotated[str, typer.Argument(help="Why, in a sentence.", show_default=False)]


def add(app: typer.Typer) -> None:
    incident = typer.Typer(no_args_is_help=True, help="Read incidents, declare them, act on them.")
    for name, command in (
        ("list", list_incidents),
        ("show", show),
        ("timeline", timeline),
        ("declare", declare),
        ("ack", acknowledge),
        ("unack", unacknowledge),
        ("escalate", escalate),
        ("severity", severity),
        ("note", note),
        ("mitigate", mitigate),
        ("resolve", resolve),
        ("reopen", reopen),
        ("close", close),
        ("confirm", confirm),
        ("false-alarm", false_alarm),
    ):
        incident.command(name)(command)
    role.add(incident)
    update.add(incident)
    app.add_typer(incident, name="incident")


def list_incidents(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    severity: Annotated[str | None, typer.Option(help="Only this severity.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: _Json = False,
) -> None:
    """List open incidents, newest first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    query = {"open": None if every else True, "severity": severity, "service": service}
    found = list(Server.from_environment().listed("incidents", limit=limit, **query))
    if as_json:
        say_json(found)
        return
    if not found:
        say("No incidents." if every else "No open incidents.")
        return
    say_table(
        ("severity", "number", "state", "detected", "service", "title"),
        [
            (
                words.severity(each["severity"]),
                each["id"],
                words.state(each["state"]),
                words.past(each["detected_at"]),
                each["service"],
                each["title"],
            )
            for each in found
        ],
    )


def show(number: _Number, as_json: _Json = False) -> None:
    """Show one incident with its clocks and roles."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_pairs, say_table

    server = Server.from_environment()
    found = server.get("incidents", number)
    if as_json:
        say_json(found)
        return
    say(f"{words.severity(found['severity'])}  {found['id']}  {found['title']}", style="bold")
    taken = found["acknowledged_by"]
    say_pairs(
        {
            "state": words.state(found["state"]) + (", a false alarm" if found["outcome"] else ""),
            "service": found["service"],
            "detected": f"{words.exact(found['detected_at'])} ({words.past(found['detected_at'])})",
            "acknowledged": f"{words.past(found['acknowledged_at'])} by {taken}"
            if taken
            else "by nobody yet",
            "mitigated": words.past(found["mitigated_at"]),
            "resolved": words.past(found["resolved_at"]),
            "alerts": f"{len(found['alerts'])}, {found['firing']} firing",
            "roles": ", ".join(f"{role}: {person}" for role, person in found["roles"].items()) or "–",
        }
    )
    if found["clocks"]:
        say()
        say_table(
            ("clock", "state", "due"),
            [
                (
                    each["name"],
                    words.state(each["state"]),
                    words.due(each["due_at"]) if each["state"] == "running" else words.exact(each["due_at"]),
                )
                for each in found["clocks"]
            ],
        )
    if found["reality"]:
        say()
        _say_reality(found["reality"])
    say()
    say(f"The whole story: tocsin incident timeline {found['id']}")


def timeline(
    number: _Number,
    language: Annotated[str, typer.Option(help="en or zh_Hant.")] = "en",
    as_json: _Json = False,
) -> None:
    """Tell what happened, oldest first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say_json, say_table

    found = list(Server.from_environment().listed("incidents", number, "timeline", language=language))
    if as_json:
        say_json(found)
        return
    say_table(
        ("time (UTC)", "who", "what"),
        [(_time(each["at"]), words.person(each["actor"]), each["sentence"]) for each in found],
    )


def _time(text: str) -> str:
    from tocsin.cli import words

    at = words.moment(text)
    return f"{at:%m-%d %H:%M:%S}" if at else "–"


def declare(
    title: Annotated[str, typer.Argument(help="What is broken, in a few words.", show_default=False)],
    service: Annotated[str, typer.Option(help="A service of the configuration.")] = "",
    severity: Annotated[str, typer.Option(help="A level of its policy; without it the highest.")] = "",
    text: Annotated[str, typer.Option(help="What is known so far.")] = "",
    as_json: _Json = False,
) -> None:
    """Open an incident by hand and page who is on call."""
    _act((), {"title": title, "service": service, "severity": severity, "text": text}, as_json)


def acknowledge(number: _Number, as_json: _Json = False) -> None:
    """Take it: paging stops."""
    _act((number, "acknowledge"), {}, as_json)


def unacknowledge(
    number: _Number, why: Annotated[str, typer.Argument(help="Why.")] = "", as_json: _Json = False
) -> None:
    """Give it back: nobody has it, and it pages again."""
    _act((number, "unacknowledge"), {"why": why}, as_json)


def escalate(number: _Number, as_json: _Json = False) -> None:
    """Page the next step at once, since you cannot take it."""
    _act((number, "escalate"), {}, as_json)


def severity(
    number: _Number,
    level: Annotated[str, typer.Argument(help="A level of its policy, such as P1.", show_default=False)],
    reason: _Why,
    as_json: _Json = False,
) -> None:
    """Raise or lower the severity; its clocks are counted anew."""
    _act((number, "severity"), {"severity": level, "reason": reason}, as_json)


def note(
    number: _Number,
    text: Annotated[str, typer.Argument(help="What to write down.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Write a note on the timeline."""
    _act((number, "note"), {"text": text}, as_json)


def mitigate(number: _Number, why: _Why = "", as_json: _Json = False) -> None:
    """Say that the service is back; it is watched from now on."""
    _act((number, "mitigate"), {"why": why}, as_json)


def resolve(number: _Number, why: _Why = "", as_json: _Json = False) -> None:
    """Say that it is over."""
    _act((number, "resolve"), {"why": why}, as_json)


def reopen(number: _Number, why: _Why = "", as_json: _Json = False) -> None:
    """Say that it is back."""
    _act((number, "reopen"), {"why": why}, as_json)


def close(number: _Number, why: _Why = "", as_json: _Json = False) -> None:
    """Say that nothing more is to be done."""
    _act((number, "close"), {"why": why}, as_json)


def confirm(number: _Number, as_json: _Json = False) -> None:
    """Run the service's probes now: is it real, and on which side?"""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say_json

    found = Server.from_environment().post("incidents", number, "confirm", body={})
    if as_json:
        say_json(found)
    else:
        _say_reality(found)


def false_alarm(number: _Number, why: _Why, as_json: _Json = False) -> None:
    """Say that there was nothing: it ends without being watched. `reopen` takes it back."""
    _act((number, "false-alarm"), {"why": why}, as_json)


def _say_reality(found: Mapping[str, Any]) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say, say_table

    say(f"Is it real? {found['outcome']} ({words.past(found['at'])})", style="bold")
    say(f"{found['why']}. {' '.join(found['advice'])}")
    if found["looks"]:
        say_table(
            ("asked", "way", "", "answer", "ms"),
            [
                (
                    each["point"],
                    _WAYS[each["way"]],
                    "✓" if each["ok"] else "✕",
                    each["text"],
                    f"{each['ms']:.0f}",
                )
                for each in found["looks"]
            ],
        )


def _act(path: tuple[str, ...], body: Mapping[str, Any], as_json: bool) -> None:
    """Posts the act and says how the incident stands afterwards."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().post("incidents", *path, body=body)
    if as_json:
        say_json(found)
    else:
        say(
            f"{words.severity(found['severity'])}  {found['id']}  {words.state(found['state'])}  {found['title']}"
        )
