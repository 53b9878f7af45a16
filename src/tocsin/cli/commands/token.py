"""`tocsin token …`: which programs may use the API? One token each, with a role and perhaps fewer scopes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Config = Annotated[
    Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print the token alone, as in TOCSIN_TOKEN=$(tocsin token create --role viewer -q).",
    ),
]


def add(app: typer.Typer) -> None:
    token = typer.Typer(no_args_is_help=True, help="Make, list and end the tokens that use the API.")
    token.command("create")(create)
    token.command("list")(show)
    token.command("revoke")(revoke)
    app.add_typer(token, name="token")


def create(
    role: Annotated[str, typer.Option(help="viewer, responder, operator, approver or admin.")],
    name: Annotated[str, typer.Option(help="Who uses it; the timeline names it so.")] = "cli",
    scope: Annotated[list[str] | None, typer.Option(help="Only this permission; may be repeated.")] = None,
    config: _Config = None,
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Make a token; it is shown this once."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened
    from tocsin.ground.accounts import role_of

    with opened(config) as (accounts, configuration):
        plain = accounts.token_create(role_of(role), name, scope or ())
    if as_json:
        say_json({"token": plain, "name": name, "role": role, "scopes": sorted(scope or ())})
        return
    if quiet:
        say(plain)
        return
    say(f"Token for {name} ({role}), shown this once:", style="bold")
    say(f"  {plain}")
    say()
    say("For the commands of this shell:")
    say(f"  export TOCSIN_URL={configuration.public_url} TOCSIN_TOKEN={plain}")


def show(config: _Config = None, as_json: _Json = False) -> None:
    """List the tokens, without their secrets."""
    from tocsin.cli.output import say, say_json, say_table
    from tocsin.cli.people import opened

    with opened(config) as (accounts, _):
        tokens = accounts.tokens()
    if as_json:
        fields = ("id", "name", "role", "scopes", "created_at", "revoked_at")
        say_json(
            {"items": [{field: getattr(each, field) for field in fields} for each in tokens], "next": None}
        )
    elif tokens:
        say_table(
            ("ID", "NAME", "ROLE", "SCOPES", "CREATED", "STATE"),
            (
                (
                    each.id,
                    each.name,
                    each.role,
                    ", ".join(each.scopes) or "all",
                    f"{each.created_at:%Y-%m-%d}",
                    "revoked" if each.revoked_at else "live",
                )
                for each in tokens
            ),
        )
    else:
        say("No token yet: tocsin token create --role viewer")


def revoke(
    token: Annotated[str, typer.Argument(help="Its id, or a name for all tokens of that name.")],
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """End a token at once."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened

    with opened(config) as (accounts, _):
        accounts.token_revoke(token)
    if as_json:
        say_json({"revoked": token})
    else:
        say(f"Revoked: {token}")
