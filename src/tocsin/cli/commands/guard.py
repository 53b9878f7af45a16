"""`tocsin guard`: what would this command, statement or request do, and is there a safer way?"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tocsin.act.guard import Level, Verdict

_LARGEST = 1_000_000


class Kind(StrEnum):
    """In what the text is written."""

    BASH = "bash"
    SQL = "sql"
    HTTP = "http"
    REDIS = "redis"
    ACTION = "action"


class Dialect(StrEnum):
    """Which SQL."""

    POSTGRES = "postgres"
    MYSQL = "mysql"


def add(app: typer.Typer) -> None:
    app.command("guard")(guard)


def guard(
    command: Annotated[
        str,
        typer.Argument(metavar="COMMAND", help="The text to judge, in quotes; - reads it from stdin."),
    ],
    kind: Annotated[Kind, typer.Option(help="In what it is written.")] = Kind.BASH,
    dialect: Annotated[
        Dialect | None,
        typer.Option(help="Which SQL; without it both are tried.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a command would do: read, change or destroy, with the reason for each of its parts.

    Nothing is run. The exit status is 0 whatever the level; 2 says that the question was not understood. Placeholders
    such as `<POD>` count as values that are not known yet, as in a runbook.
    """
    if dialect is not None and kind is not Kind.SQL:
        raise typer.BadParameter("--dialect goes with --kind sql", param_hint="--dialect")

    from tocsin.act.actions.toolbox import verdict_on_block
    from tocsin.act.guard import judge
    from tocsin.cli.output import say_json

    text = _filled(kind, _text(command))
    if kind is Kind.ACTION:
        verdict = verdict_on_block(text)
    else:
        verdict = judge(kind.value, text, dialect.value if dialect else None)
    if as_json:
        say_json(
            {
                "level": verdict.level,
                "reasons": [
                    {"part": each.part, "level": each.level, "why": each.why, "safer": each.safer}
                    for each in verdict.findings
                ],
            }
        )
    else:
        _tell(verdict)


def _text(command: str) -> str:
    if command != "-":
        return command
    from tocsin.ground.kernel.errors import TooLarge

    raw = sys.stdin.buffer.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise TooLarge("that is more than 1 MB", fix="ask about one step at a time")
    return raw.decode("utf-8-sig", "replace")


def _filled(kind: Kind, text: str) -> str:
    """The text as a runbook would run it: `<POD>` is a value and no redirection."""
    from tocsin.respond.runbooks.reading.code.placeholders import fill_shell, fill_sql

    match kind:
        case Kind.BASH:
            return fill_shell(text).text
        case Kind.SQL:
            return fill_sql(text).text
        case _:
            return text


def _tell(verdict: Verdict) -> None:
    from tocsin.act.guard import MEANINGS
    from tocsin.cli.output import say

    say(f"{_SHAPES[verdict.level]} {verdict.level}: {MEANINGS[verdict.level]}", style=_STYLES[verdict.level])
    if verdict.streams:
        say("It never ends by itself; a run ends it at its timeout.")
    for each in verdict.findings:
        say()
        say(f"{_SHAPES[each.level]} {each.level:<8} {each.part}")
        say(f"{'':<10} {each.why}")
        if each.safer:
            say(f"{'':<10} safer: {each.safer}")


_SHAPES: dict[Level, str] = {"read": "○", "change": "◆", "destroy": "▲"}
_STYLES: dict[Level, str] = {"read": "", "change": "bold", "destroy": "bold red"}
