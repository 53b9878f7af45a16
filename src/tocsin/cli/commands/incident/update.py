"""`tocsin incident update …`: what people outside are told."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Number = Annotated[
    str, typer.Argument(metavar="INC", help="Its number, such as INC-2026-0001.", show_default=False)
]
_Template = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="management, users or all-clear.", show_default=False)
]
_Language = Annotated[str, typer.Option(help="en or zh_Hant.")]


def add(app: typer.Typer) -> None:
    update = typer.Typer(
        no_args_is_help=True, help="Draft updates for people outside, send them, see who has them."
    )
    for name, command in (("draft", draft), ("send", send), ("list", list_updates)):
        update.command(name)(command)
    app.add_typer(update, name="update")


def draft(number: _Number, template: _Template, language: _Language = "en", as_json: _Json = False) -> None:
    """Print the draft of an update: the subject, an empty line, the text."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    query = {"template": template, "language": language}
    found = Server.from_environment().get("incidents", number, "updates", "draft", **query)
    if as_json:
        say_json(found)
        return
    say(found["subject"])
    say()
    say(found["text"])


def send(
    number: _Number,
    template: _Template,
    to: Annotated[list[str], typer.Option(help="A name under stakeholders:; may be given several times.")],
    text: Annotated[
        str | None,
        typer.Option(
            help="What is told; - reads it. Without it the draft is sent as it is.", show_default=False
        ),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Without it that of the draft.", show_default=False)
    ] = None,
    next_in: Annotated[str, typer.Option("--next", help="When the next one follows, such as 30m.")] = "",
    language: _Language = "en",
    as_json: _Json = False,
) -> None:
    """Tell people outside how it stands."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    drafted = (
        server.get("incidents", number, "updates", "draft", template=template, language=language)
        if text is None or subject is None
        else {}
    )
    told = sys.stdin.read() if text == "-" else drafted["text"] if text is None else text
    body = {
        "template": template,
        "language": language,
        "subject": drafted["subject"] if subject is None else subject,
        "text": told,
        "to": to,
        "next_in": next_in,
    }
    found = server.post("incidents", number, "updates", body=body)
    if as_json:
        say_json(found)
        return
    say(f"Told {', '.join(found['audiences'])}: {found['subject']}")


def list_updates(number: _Number, as_json: _Json = False) -> None:
    """What was told, to whom, and whether it got there."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = list(Server.from_environment().get("incidents", number, "updates")["items"])
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nobody outside has been told of it.")
        return
    say_table(
        ("sent", "by", "template", "subject", "receivers"),
        [
            (
                words.past(each["update"]["sent_at"]),
                words.person(each["update"]["sent_by"]),
                each["update"]["template"],
                each["update"]["subject"],
                ", ".join(f"{one['name']}: {one['state']}" for one in each["receipts"]) or "–",
            )
            for each in found
        ],
    )
