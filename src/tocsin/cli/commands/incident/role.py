"""`tocsin incident role …`: who leads, mends, tells and writes down, and who takes over."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Number = Annotated[
    str, typer.Argument(metavar="INC", help="Its number, such as INC-2026-0001.", show_default=False)
]
_Role = Annotated[
    str, typer.Argument(metavar="ROLE", help="commander, technical-lead, …", show_default=False)
]
_Person = Annotated[str, typer.Argument(help="A name under people:.", show_default=False)]
_Language = Annotated[str, typer.Option(help="en or zh_Hant.")]


def add(app: typer.Typer) -> None:
    role = typer.Typer(
        no_args_is_help=True, help="Fill the roles of an incident, explain them, hand them over."
    )
    for name, command in (
        ("list", list_roles),
        ("give", give),
        ("card", card),
        ("draft", draft),
        ("hand-over", hand_over),
        ("accept", accept),
        ("decline", decline),
    ):
        role.command(name)(command)
    app.add_typer(role, name="role")


def list_roles(number: _Number, as_json: _Json = False) -> None:
    """Who has which role, and who is asked to take over."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say_json, say_table

    found = list(Server.from_environment().get("incidents", number, "roles")["items"])
    if as_json:
        say_json(found)
        return
    say_table(
        ("role", "person", "wanted", "asked to take over"),
        [
            (
                each["role"],
                each["person"] or "–",
                "yes" if each["wanted"] else "no",
                each["asked"]["taker"] if each["asked"] else "–",
            )
            for each in found
        ],
    )


def give(number: _Number, role: _Role, person: _Person, as_json: _Json = False) -> None:
    """Give a role to a person; they are told, with the card of the role."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    found = Server.from_environment().post("incidents", number, "role", body={"role": role, "person": person})
    if as_json:
        say_json(found)
    else:
        say(f"{person} is {role} of {found['id']}.")


def card(number: _Number, role: _Role, language: _Language = "en") -> None:
    """Say what a role does."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say
    from tocsin.ground.kernel.errors import Invalid

    roles = list(Server.from_environment().get("incidents", number, "roles", language=language)["items"])
    found = next((each for each in roles if each["role"] == role), None)
    if found is None:
        known = ", ".join(each["role"] for each in roles)
        raise Invalid(f"there is no role {role}", field="role", fix=f"One of {known}.")
    say(found["title"], style="bold")
    say(found["duty"])
    for index, each in enumerate(found["first"], 1):
        say(f"{index}. {each}")


def draft(number: _Number, role: _Role, language: _Language = "en") -> None:
    """Print the note for whoever takes the role over, made from the timeline."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say

    found = Server.from_environment().get("incidents", number, "roles", role, "handover", language=language)
    say(found["text"])


def hand_over(
    number: _Number,
    role: _Role,
    person: _Person,
    note: Annotated[
        str | None,
        typer.Option(
            help="What they have to know; - reads it, without it the draft is sent.", show_default=False
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Ask somebody to take a role over. Until they accept, it stays where it is."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    if note is None:
        note = server.get("incidents", number, "roles", role, "handover")["text"]
    elif note == "-":
        note = sys.stdin.read()
    body = {"person": person, "note": note}
    found = server.post("incidents", number, "roles", role, "handover", body=body)
    if as_json:
        say_json(found)
    else:
        say(f"{person} is asked to take over from {found['giver']}.")


def accept(number: _Number, role: _Role, as_json: _Json = False) -> None:
    """Take the role over that you were asked to take."""
    _answer(number, role, "accept", {}, as_json)


def decline(
    number: _Number,
    role: _Role,
    reason: Annotated[str, typer.Argument(help="Why, in a sentence.", show_default=False)] = "",
    as_json: _Json = False,
) -> None:
    """Leave the role where it is."""
    _answer(number, role, "decline", {"reason": reason}, as_json)


def _answer(number: str, role: str, answer: str, body: dict[str, str], as_json: bool) -> None:
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    found = server.post("incidents", number, "roles", role, answer, body=body)
    if as_json:
        say_json(found)
        return
    roles = server.get("incidents", number, "roles")["items"]
    holder = next((each["person"] for each in roles if each["role"] == role), None)
    say(f"{holder or 'nobody'} is {role} of {found['id']}.")
