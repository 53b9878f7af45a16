"""`tocsin alert …`: what fires, and a way for scripts to say so."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

_TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: cron, mail servers and scripts know it as "later"."""
_AWAY = (408, 429, 500, 502, 503, 504)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(app: typer.Typer) -> None:
    alert = typer.Typer(no_args_is_help=True, help="Send alerts from scripts, and read them.")
    alert.command("send")(send)
    alert.command("list")(list_alerts)
    alert.command("show")(show)
    alert.command("trace")(trace)
    alert.command("mark")(mark)
    alert.command("noise")(noise)
    app.add_typer(alert, name="alert")


def send(
    name: Annotated[
        str | None, typer.Argument(help="Its name, such as DiskFull.", show_default=False)
    ] = None,
    service: Annotated[str | None, typer.Option(help="The service it is about.")] = None,
    severity: Annotated[str | None, typer.Option(help="How bad it is, for the rules of the policy.")] = None,
    summary: Annotated[str | None, typer.Option(help="What a person reads first.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", "-l", metavar="NAME=VALUE", help="A label; may be repeated."),
    ] = None,
    annotation: Annotated[
        list[str] | None,
        typer.Option(
            "--annotation", "-a", metavar="NAME=VALUE", help="An annotation or measure; may be repeated."
        ),
    ] = None,
    value: Annotated[float | None, typer.Option(help="The number it is about.")] = None,
    url: Annotated[str | None, typer.Option(help="Where to look further.")] = None,
    dedup_key: Annotated[
        str | None, typer.Option(help="Which alert it is; without it, its labels say so.")
    ] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="It is over.")] = False,
    stdin: Annotated[
        bool,
        typer.Option("--stdin", help="Read one alert, or a list of them, as JSON from the input instead."),
    ] = False,
    wait: Annotated[
        str, typer.Option(metavar="DURATION", help="How long to try while Tocsin is away, such as 5m.")
    ] = "0s",
    as_json: _Json = False,
) -> None:
    """Send one alert. It is on disk when the command returns. TOCSIN_TOKEN may be a token or an intake key.

    Exit status: 0 it is stored; 1 it was refused; 2 the command was not understood; 75 Tocsin was away or too busy,
    also at the end of --wait, and the alert may be sent again: it stays one alert, however often it is told.
    """
    from tocsin.cli.output import say, say_json

    body: dict[str, Any] | list[Any]
    if stdin:
        options = (
            name,
            service,
            severity,
            summary,
            label,
            annotation,
            value,
            url,
            dedup_key,
            resolved or None,
        )
        if any(each is not None for each in options):
            raise typer.BadParameter("with --stdin everything stands in the JSON", param_hint="--stdin")
        body = _read()
    elif name is None:
        raise typer.BadParameter("give it a name, or read it with --stdin", param_hint="NAME")
    else:
        given = {
            "service": service,
            "severity": severity,
            "value": _number(value),
            "url": url,
            "dedup_key": dedup_key,
        }
        annotations = _named(annotation or [], "--annotation")
        if summary:
            annotations["summary"] = summary
        body = {
            "name": name,
            "status": "resolved" if resolved else "firing",
            "labels": _named(label or [], "--label"),
            "annotations": annotations,
            **{key: each for key, each in given.items() if each is not None},
        }
    answer = _sent(body, _seconds(wait))
    if as_json:
        say_json(answer)
        return
    for each in answer["alerts"]:
        say(f"{each['result']}: {each['id']}")


def _sent(body: dict[str, Any] | list[Any], patience: float) -> dict[str, Any]:
    """The answer, tried again for `patience` seconds while nobody takes it. Ends the command with 75 after that."""
    import time

    from tocsin.cli.client import Server, ServerRefused
    from tocsin.cli.output import complain
    from tocsin.ground.kernel.errors import Unavailable

    server = Server.from_environment()
    until = time.monotonic() + patience
    pause = _FIRST_PAUSE_S
    while True:
        try:
            return server.post("alerts", body=body)
        except (Unavailable, ServerRefused) as error:
            if isinstance(error, ServerRefused) and error.status not in _AWAY:
                raise
            left = until - time.monotonic()
            if left <= 0:
                complain(error.message, error.fix)
                raise typer.Exit(_TRY_AGAIN) from None
            if pause == _FIRST_PAUSE_S:
                complain(f"{error.message}; trying for {left:.0f} s")
        time.sleep(min(pause, max(left, 0.0)))
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def _read() -> dict[str, Any] | list[Any]:
    import json
    import sys

    from tocsin.ground.kernel.errors import Invalid

    fix = 'Send {"name": "DiskFull", "service": "shop"}, or a list of such.'
    try:
        found: object = json.loads(sys.stdin.buffer.read())
    except (ValueError, RecursionError):
        raise Invalid("the input is not JSON", field="--stdin", fix=fix) from None
    if not isinstance(found, dict | list):
        raise Invalid("the input is neither an alert nor a list of them", field="--stdin", fix=fix)
    return found  # pyright: ignore[reportUnknownVariableType] - decoded JSON


def _seconds(wait: str) -> float:
    from tocsin.ground.kernel.duration import parse_duration

    try:
        return parse_duration(wait).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--wait") from None


def _number(value: float | None) -> float | None:
    from tocsin.ground.kernel.errors import Invalid

    if value is not None and not math.isfinite(value):
        raise Invalid(f"--value {value} is not a number to send", field="--value", fix="Leave it out.")
    return value


def _named(given: list[str], option: str) -> dict[str, str]:
    from tocsin.ground.kernel.errors import Invalid

    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise Invalid(f"{option} {each}: there is no =", field=option, fix=f"Write {option} NAME=VALUE.")
        found[name] = value
    return found


def list_alerts(
    every: Annotated[bool, typer.Option("--all", help="Those that have cleared, too.")] = False,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: _Json = False,
) -> None:
    """List alerts that fire, latest first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    query = {"state": None if every else "firing", "service": service}
    found = list(Server.from_environment().listed("alerts", limit=limit, **query))
    if as_json:
        say_json(found)
        return
    if not found:
        say("No alerts." if every else "Nothing fires.")
        return
    say_table(
        ("state", "name", "service", "since", "heard", "incident", "id"),
        [
            (
                words.state(each["state"]),
                each["name"],
                each["service"],
                words.past(each["starts_at"]),
                f"{each['count']}×",
                each["incident"] or "–",
                each["id"],
            )
            for each in found
        ],
    )


def show(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its id, from the list.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Show one alert with its labels and annotations."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_pairs

    found = Server.from_environment().get("alerts", alert)
    if as_json:
        say_json(found)
        return
    say(f"{words.state(found['state'])}  {found['name']}", style="bold")
    say_pairs(
        {
            "service": found["service"],
            "since": f"{words.exact(found['starts_at'])} ({words.past(found['starts_at'])})",
            "ended": words.exact(found["ends_at"]),
            "heard": f"{found['count']}×, last {words.past(found['last_seen'])}",
            "source": found["source"],
            "incident": found["incident"] or "–",
            "value": "–" if found["value"] is None else found["value"],
            "url": found["url"] or "–",
            "labels": words.pairs(found["labels"]) or "–",
            "annotations": words.pairs(found["annotations"]) or "–",
        }
    )


def mark(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its id, from the list.", show_default=False)],
    word: Annotated[str, typer.Argument(metavar="noise|useful", help="What it is.", show_default=False)],
    why: Annotated[str, typer.Argument(help="Why, if there is something to say.")] = "",
    as_json: _Json = False,
) -> None:
    """Call an alert noise, or useful; your last word on its present firing counts."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().post("alerts", alert, "mark", body={"mark": word, "why": why})
    if as_json:
        say_json(found)
    else:
        say(f"{found['mark']}: {found['alert']}")


def noise(
    days: Annotated[int, typer.Option(help="Of the last so many days.", min=1, max=3650)] = 30,
    as_json: _Json = False,
) -> None:
    """Which rules cry wolf? The noisiest first, with what to do about each."""
    from datetime import timedelta

    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table
    from tocsin.ground.kernel.clock import SystemClock

    since = (SystemClock().now() - timedelta(days=days)).isoformat()
    found = Server.from_environment().get("noise", since=since)["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("No incident with an alert has ended in this time.")
        return
    say_table(
        ("score", "rule", "service", "incidents", "what came of it", "what to do"),
        [
            (
                str(each["score"]),
                each["name"],
                each["service"],
                str(each["incidents"]),
                "; ".join(each["why"]),
                each["advice"],
            )
            for each in found
        ],
    )


def trace(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its id, from the list.", show_default=False)],
    language: Annotated[str, typer.Option(help="en or zh_Hant.")] = "en",
    as_json: _Json = False,
) -> None:
    """Tell why it paged or did not, the newest judgement first."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("alerts", alert, "trace", language=language)["items"]
    if as_json:
        say_json(found)
    elif found:
        say_table(
            ("time", "stage", "what was decided"),
            [(words.exact(each["at"]), each["stage"], each["text"]) for each in found],
        )
    else:
        say("Nothing has been decided about it yet.")
