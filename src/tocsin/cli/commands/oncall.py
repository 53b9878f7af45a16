"""`tocsin oncall …`: who has the duty, and does a page reach them?"""

from __future__ import annotations

from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(app: typer.Typer) -> None:
    oncall = typer.Typer(no_args_is_help=True, help="Who is on call, and a page to try it.")
    oncall.command("now")(now)
    oncall.command("test-page")(send_test_page)
    app.add_typer(oncall, name="oncall")


def now(as_json: _Json = False) -> None:
    """Say who is on call in every schedule, until when, and who comes next."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("oncall")["items"]
    if as_json:
        say_json(found)
        return
    if not found:
        say("There is no schedule yet; add one under schedules: in tocsin.yaml.")
        return
    say_table(
        ("schedule", "on call", "until", "then"),
        [
            (
                each["title"],
                each["person"] or "nobody",
                words.exact(each["until"]),
                each["next_person"] or ("nobody" if each["until"] else "–"),
            )
            for each in found
        ],
    )


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
