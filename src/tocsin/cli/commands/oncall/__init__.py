"""`tocsin oncall …`: who has the duty, what is changed about it, and does a page reach them?"""

from __future__ import annotations

from typing import Annotated

import typer

from tocsin.cli.commands.oncall import ask, drill, handover, lint, override, rules, swap

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(app: typer.Typer) -> None:
    oncall = typer.Typer(
        no_args_is_help=True, help="Who is on call, what is changed about it, and a page to try it."
    )
    for part in (ask, override, swap, handover, lint, rules, drill):
        part.add(oncall)
    oncall.command("test-page")(send_test_page)
    app.add_typer(oncall, name="oncall")


def send_test_page(
    person: Annotated[str, typer.Argument(help="A name under people:.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Send a person a test page over the channel that a real one would take first."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    answer = Server.from_environment().post("oncall", "test-page", body={"person": person})
    if as_json:
        say_json(answer)
    else:
        say(
            f"A test page for {answer['person']} is on its way by {answer['channel']} ({answer['delivery']})."
        )
