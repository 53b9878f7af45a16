"""`tocsin runbook review`: what has to be looked over, and: this one has been."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config

if TYPE_CHECKING:
    from tocsin.respond.runbooks.review import Due

_SOON = timedelta(days=7)


def add(runbook: typer.Typer) -> None:
    runbook.command("review")(review)


def review(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="The runbook that was looked over; without it, the queue.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who looked; without it, you.")] = "",
    note: Annotated[str, typer.Option(help="What was found or changed.")] = "",
    system_change: Annotated[
        str,
        typer.Option(
            help="Say that the system changed, and how: every runbook is due by the end of the quarter."
        ),
    ] = "",
    every: Annotated[
        bool, typer.Option("--all", help="The whole queue, not just the next seven days.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show which reviews are due, or write down that a runbook was looked over."""
    from tocsin.cli.commands.runbook.shelf import with_store
    from tocsin.ground.kernel.clock import SystemClock
    from tocsin.ground.kernel.errors import Invalid
    from tocsin.respond.runbooks import review as reviews

    if file and system_change:
        raise Invalid("a change of the system concerns every runbook", fix="leave FILE out")
    now = SystemClock().now()
    with with_store(config) as (library, configuration, store):
        who = by or getpass.getuser()
        who = f"person:{who}" if who in configuration.people else who
        if system_change:
            called = store.write(lambda conn: reviews.call(conn, now, by=who, why=system_change))
            _say({"by": called.by, "why": called.why, "at": called.at}, "every runbook is due again", as_json)
        elif file:
            document = library.get(_path_below(file, config))
            made = store.write(lambda conn: reviews.record(conn, document, now, by=who, note=note))
            _say(asdict(made), f"{made.path} was looked over by {made.by}", as_json)
        else:
            with store.read() as conn:
                queue = reviews.queue(conn, library, now)
            _say_queue([due for due in queue if every or due.due_at < now + _SOON], as_json)


def _path_below(file: str, config: Path | None) -> str:
    """A path of the library, also where the file was named as it stands on the disk."""
    from tocsin.configuration import find_folder

    named, hash_, part = file.partition("#")
    path, folder = Path(named), find_folder(config).resolve()
    try:
        inside = path.resolve().relative_to(folder) if path.is_file() else None
    except (OSError, ValueError):
        inside = None
    return f"{inside.as_posix() if inside else named}{hash_}{part}"


def _say(answer: dict[str, object], text: str, as_json: bool) -> None:
    from tocsin.cli.output import say, say_json

    if as_json:
        say_json(answer)
    else:
        say(text)


def _say_queue(queue: list[Due], as_json: bool) -> None:
    from tocsin.cli.output import say, say_json, say_table

    if as_json:
        say_json({"items": [asdict(due) for due in queue], "next": None})
    elif queue:
        say_table(
            ("Due", "Runbook", "Owner", "Why"),
            [
                (
                    f"{due.due_at:%Y-%m-%d}{' overdue' if due.overdue else ''}",
                    due.path,
                    due.owner or "–",
                    due.why,
                )
                for due in queue
            ],
        )
    else:
        say("nothing is due within seven days; --all shows the whole queue")
