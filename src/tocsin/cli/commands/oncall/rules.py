"""`tocsin oncall rules …`: how does a person want to be paged?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(oncall: typer.Typer) -> None:
    oncall.command("rules")(rules)


def rules(
    person: Annotated[str, typer.Argument(help="A name under people:.", show_default=False)],
    file: Annotated[
        Path | None,
        typer.Option(
            "--set", help="Replace them by those of this file, a list in YAML; - for standard input."
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Back to the order of the configuration.")] = False,
    as_json: _Json = False,
) -> None:
    """Say by which channels a person is paged, after how long, and when not; or write it down anew.

    A rule in the file: {channel: sms, after: 2m, severities: [P0, P1], quiet: [{hours: "22:00-07:00", severities: [P1],
    then: wait}]}. Only the channel must stand there.
    """
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    if file is not None or clear:
        wanted = [] if file is None else _read(file)
        found = server.post("oncall", "rules", person, body={"rules": wanted})
    else:
        found = server.get("oncall", "rules", person)
    if as_json:
        say_json(found)
    elif not found["rules"]:
        say(f"{person} has no rules: the order of the configuration holds.")
    else:
        _say_rules(found["rules"])


def _say_rules(found: Sequence[Mapping[str, Any]]) -> None:
    from tocsin.cli.output import say_table
    from tocsin.ground.kernel.duration import format_duration

    rows = [
        (
            each["channel"],
            f"after {format_duration(each['after_s'])}" if each["after_s"] else "at once",
            ", ".join(each["severities"]) or "all",
            "; ".join(_quiet(one) for one in each["quiet"]) or "–",
        )
        for each in found
    ]
    say_table(("channel", "when", "severities", "quiet hours"), rows)


def _quiet(hours: Mapping[str, Any]) -> str:
    named = f" ({', '.join(hours['severities'])})" if hours["severities"] else ""
    return f"{hours['hours']}{named}{' into the digest' if hours['then'] == 'digest' else ''}"


def _read(file: Path) -> list[dict[str, Any]]:
    """The rules as the API takes them. Raises Invalid for what is no list of rules."""
    import sys

    from tocsin.ground.kernel import yaml
    from tocsin.ground.kernel.duration import parse_duration
    from tocsin.ground.kernel.errors import Invalid

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", fix="Name a file in YAML, or - .") from None
    tree = yaml.read(text, str(file))
    if tree.problems:
        raise Invalid(str(tree.problems[0]), fix="A list of rules in YAML, such as: - channel: mail")
    listed = cast("list[Any]", tree.data) if isinstance(tree.data, list) else None
    if listed is None or not all(isinstance(each, dict) for each in listed):
        raise Invalid(f"{file} holds no list of rules", fix="Write one, such as: - channel: mail")
    found: list[dict[str, Any]] = []
    for each in listed:
        rule = dict(cast("dict[str, Any]", each))
        if "after" in rule:
            try:
                rule["after_s"] = round(parse_duration(rule.pop("after")).total_seconds())
            except ValueError as error:
                raise Invalid(str(error), field="after", fix="Such as 2m.") from None
        found.append(rule)
    return found
