"""`tocsin account …`: who may sign in? Works on the store directly, so that a lost admin can come back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Config = Annotated[
    Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Name = Annotated[str, typer.Argument(help="The name that is typed to sign in.")]
_Stdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input instead of making one."),
]


def add(app: typer.Typer) -> None:
    account = typer.Typer(no_args_is_help=True, help="Make, list and change the accounts that sign in.")
    account.command("create")(create)
    account.command("reset")(reset)
    account.command("role")(role)
    account.command("person")(person)
    account.command("remove")(remove)
    account.command("list")(show)
    app.add_typer(account, name="account")


def create(
    name: _Name,
    role: Annotated[str, typer.Option(help="viewer, responder, operator, approver or admin.")] = "responder",
    person: Annotated[
        str | None, typer.Option(help="Who it is under people:; without it the one of the same name.")
    ] = None,
    password_stdin: _Stdin = False,
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """Make an account; a password that is made up here is shown this once."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import known_person, opened, password_from
    from tocsin.ground.accounts import role_of

    password, made = password_from(password_stdin)
    with opened(config) as (accounts, configuration):
        who = (
            known_person(configuration, person) if person else name if name in configuration.people else None
        )
        account = accounts.create(name, role_of(role), password, who)
    if as_json:
        shown = {"password": password} if made else {}
        say_json({"name": account.name, "role": account.role, "person": account.person} | shown)
        return
    say(f"{account.name} may sign in as {account.role} at {configuration.public_url}/sign-in")
    if made:
        say(f"  password, shown this once: {password}")


def reset(
    name: _Name, password_stdin: _Stdin = False, config: _Config = None, as_json: _Json = False
) -> None:
    """Set a new password and end every session of the account."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened, password_from

    password, made = password_from(password_stdin)
    with opened(config) as (accounts, _):
        accounts.change_password(name, password)
    if as_json:
        say_json({"name": name} | ({"password": password} if made else {}))
    elif made:
        say(f"New password of {name}, shown this once: {password}")
    else:
        say(f"{name} has a new password.")


def role(
    name: _Name,
    role: Annotated[str, typer.Argument(help="viewer, responder, operator, approver or admin.")],
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """Give an account another role and end its sessions."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened
    from tocsin.ground.accounts import role_of

    with opened(config) as (accounts, _):
        accounts.change_role(name, role_of(role))
    if as_json:
        say_json({"name": name, "role": role})
    else:
        say(f"{name} is now {role}.")


def person(
    name: _Name,
    person: Annotated[str, typer.Argument(help="Their name under people:.")],
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """Say who the account is among the people that can be paged."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import known_person, opened

    with opened(config) as (accounts, configuration):
        accounts.change_person(name, known_person(configuration, person))
    if as_json:
        say_json({"name": name, "person": person})
    else:
        say(f"{name} is {person}.")


def remove(name: _Name, config: _Config = None, as_json: _Json = False) -> None:
    """Delete an account; what it did stays on the timelines."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened

    with opened(config) as (accounts, _):
        accounts.remove(name)
    if as_json:
        say_json({"removed": name})
    else:
        say(f"Removed: {name}")


def show(config: _Config = None, as_json: _Json = False) -> None:
    """List the accounts."""
    from tocsin.cli.output import say, say_json, say_table
    from tocsin.cli.people import opened

    with opened(config) as (accounts, _):
        everyone = accounts.everyone()
    if as_json:
        fields = ("name", "role", "person", "created_at")
        say_json(
            {"items": [{field: getattr(each, field) for field in fields} for each in everyone], "next": None}
        )
    elif everyone:
        say_table(
            ("NAME", "ROLE", "PERSON", "CREATED"),
            ((each.name, each.role, each.person, f"{each.created_at:%Y-%m-%d}") for each in everyone),
        )
    else:
        say("No account yet: tocsin account create NAME --role admin")
