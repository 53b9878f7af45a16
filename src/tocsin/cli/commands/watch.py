"""`tocsin watch`: from another machine, see that alerts still become pages; call for help by another way when not."""

from __future__ import annotations

import time
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command("watch")(watch)


def watch(
    url: Annotated[str, typer.Option(help="Where the Tocsin is that is watched.", show_default=False)],
    key: Annotated[
        str,
        typer.Option(
            help="A key of the kind `watch` (tocsin key create watch).",
            envvar="TOCSIN_KEY",
            show_default=False,
        ),
    ],
    every: Annotated[float, typer.Option(min=1, help="Seconds from one round to the next.")] = 60,
    within: Annotated[float, typer.Option(min=1, help="Seconds that a round may take.")] = 60,
    call: Annotated[
        str | None, typer.Option(help="POST what is wrong to this address.", show_default=False)
    ] = None,
    well: Annotated[
        str | None, typer.Option(help="GET this address after each round that went well.", show_default=False)
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(help="Run this by the shell; what is wrong is in $TOCSIN_WATCH.", show_default=False),
    ] = None,
    mail: Annotated[
        str | None, typer.Option(help="Mail what is wrong to this address.", show_default=False)
    ] = None,
    smtp: Annotated[str, typer.Option(help="HOST:PORT of the mail server.")] = "localhost:25",
    sender: Annotated[
        str, typer.Option("--from", help="The address that mails come from.")
    ] = "tocsin-watch@localhost",
    once: Annotated[bool, typer.Option("--once", help="One round: 0 if all went well, else 1.")] = False,
) -> None:
    """Send a test alert every minute and see that it becomes a page; else call for help by another way.

    The alert opens no incident and pages nobody. Help is called at the first round that fails, and again each
    hour until one goes well, which is told, too.
    """
    from tocsin.cli.output import say
    from tocsin.cli.watching import Calls, Round

    rounds = Round(url, key, within)
    calls = Calls(call=call, run=run, mail=mail, smtp=smtp, sender=sender, well=well)
    while True:
        began = time.monotonic()
        problem = rounds.go()
        say(problem or "All the way from intake to a sender is open.")
        calls.tell(problem, url)
        if once:
            raise typer.Exit(1 if problem else 0)
        time.sleep(max(0.0, every - (time.monotonic() - began)))
