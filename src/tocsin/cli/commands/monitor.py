"""`tocsin monitor …`: which numbers are watched, how are they, and does a probe measure what was meant?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Which = Annotated[str, typer.Argument(metavar="MONITOR", help="Its name.", show_default=False)]


def add(app: typer.Typer) -> None:
    monitor = typer.Typer(no_args_is_help=True, help="See the numbers that are watched.")
    for name, command in (("list", show_all), ("show", show), ("try", attempt)):
        monitor.command(name)(command)
    app.add_typer(monitor, name="monitor")


def show_all(as_json: _Json = False) -> None:
    """List them, with their last values."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("monitors")["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No monitors. Name one under monitors: in tocsin.yaml.")
        return
    say_table(
        ("state", "level", "name", "value", "usually", "bound", "service"),
        [
            (
                words.state(each["state"]),
                each["level"] or "–",
                each["name"],
                _number(each["value"], each["unit"]),
                _number(each["normal"], each["unit"]),
                _bound(each),
                each["service"],
            )
            for each in found
        ],
    )


def show(which: _Which, as_json: _Json = False) -> None:
    """Show one with its last values."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_pairs, say_table

    server = Server.from_environment()
    found = server.get("monitors", which)
    points = server.get("monitors", which, "points", hours=1)["items"][-10:]
    if as_json:
        say_json({**found, "points": points})
        return
    say(f"{words.state(found['state'])}  {found['title']}", style="bold")
    say_pairs(
        {
            "value": _number(found["value"], found["unit"]),
            "usually": _number(found["normal"], found["unit"]),
            "bound": _bound(found),
            "level": f"{found['level'] or '–'} (an alert from {found['opens_from']})",
            "alert": "open" if found["alert"] else "–",
            "since": words.exact(found["since"]),
            "measured": words.exact(found["looked_at"]),
            "problem": found["problem"] or "–",
            "service": found["service"],
            "measure": f"m.{found['measure']}",
        }
    )
    if points:
        say()
        say_table(
            ("at", "value", ""),
            [
                (words.exact(each["at"]), _number(each["value"], found["unit"]), _usual(each))
                for each in reversed(points)
            ],
        )


def attempt(
    which: _Which,
    config: Annotated[
        Path | None, typer.Option("--config", help="The folder of tocsin.yaml.", show_default=False)
    ] = None,
    as_json: _Json = False,
) -> None:
    """Measure once with the probe of the configuration, from this machine, and tell what would be seen.

    Needs no running server and tells nobody. Ends with 1 where nothing was measured.
    """
    from tocsin.act.checks import kinds, read_check, run_round
    from tocsin.cli.output import say, say_json
    from tocsin.configuration import find_folder, load
    from tocsin.ground.kernel.errors import Invalid, NotFound
    from tocsin.ground.kernel.outbound import Outbound

    known = load(find_folder(config)).required()
    monitor = known.monitors.get(which)
    if monitor is None:
        raise NotFound(f"there is no monitor {which}", fix="Look under monitors: in tocsin.yaml.")
    if monitor.probe is None:
        raise Invalid(f"{which} has no probe: its number is pushed", fix="Push it with a key: measures.")
    check = read_check({"name": monitor.measure, **monitor.probe})
    outbound = Outbound(known.outbound.allow)
    try:
        (finding,) = run_round([kinds()[check.kind](check, outbound)])
    finally:
        outbound.close()
    value = finding.value if finding.ok else None
    if as_json:
        say_json({"monitor": which, "value": value, "text": finding.text, "ms": finding.ms})
    elif value is None:
        say(f"✕ not measured: {finding.text}")
    else:
        say(f"✓ m.{monitor.measure} = {_number(value, monitor.unit)}  ({finding.text})")
    if value is None:
        raise typer.Exit(1)


def _number(value: float | None, unit: str) -> str:
    from tocsin.sense.monitor.words import number

    return "–" if value is None else number(value, unit)


def _bound(each: dict[str, Any]) -> str:
    return f"{each['bound']} {each['limit']:g}" if each["bound"] else "–"


def _usual(point: dict[str, Any]) -> str:
    return "" if point["usual"] else "◆ out of bounds"
