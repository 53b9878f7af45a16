"""`tocsin key …`: who may send alerts in? One key for each sender; its kind says how to read what comes."""

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
    typer.Option("--quiet", "-q", help="Print the key alone, as in KEY=$(tocsin key create webhook -q)."),
]


def add(app: typer.Typer) -> None:
    key = typer.Typer(no_args_is_help=True, help="Make, list and end the keys that send alerts.")
    key.command("create")(create)
    key.command("list")(show)
    key.command("revoke")(revoke)
    app.add_typer(key, name="key")


def create(
    kind: Annotated[str, typer.Argument(help="Kind of source: alertmanager, webhook, …")],
    name: Annotated[str, typer.Option(help="What to call it; without one, its kind.")] = "",
    service: Annotated[str | None, typer.Option(help="Give all its alerts to this service.")] = None,
    config: _Config = None,
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Make a key; it is shown this once."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened
    from tocsin.ground.catalogue import did_you_mean
    from tocsin.ground.kernel.errors import NotFound
    from tocsin.sense.intake import every_source

    known = every_source()
    if kind not in known:
        raise NotFound(f"there is no kind of source {kind}", fix=did_you_mean(kind, known, "kinds of source"))
    with opened(config) as (accounts, configuration):
        if service is not None and service not in configuration.services:
            fix = did_you_mean(service, configuration.services, "services")
            raise NotFound(f"there is no service {service}", fix=fix)
        plain = accounts.key_create(kind, name, service, secret=known[kind].new_secret())
    base, path = configuration.public_url.rstrip("/"), known[kind].paths[0]
    url = f"{base}/in/{plain}{path}"
    if as_json:
        say_json({"key": plain, "url": url, "kind": kind, "name": name or kind, "service": service})
        return
    if quiet:
        say(plain)
        return
    say(f"Key for {kind}, shown this once:", style="bold")
    say(f"  {plain}")
    say()
    say("Post to the address that holds it:")
    say(f"  {url}")
    say("or send it as bearer token or basic-auth password to:")
    say(f"  {base}{path or '/in/'}")


def show(config: _Config = None, as_json: _Json = False) -> None:
    """List the keys, without their secrets."""
    from tocsin.cli.output import say, say_json, say_table
    from tocsin.cli.people import opened

    with opened(config) as (accounts, _):
        keys = accounts.keys()
    if as_json:
        fields = ("id", "kind", "name", "service", "created_at", "revoked_at")
        say_json({"items": [{field: getattr(key, field) for field in fields} for key in keys], "next": None})
    elif keys:
        say_table(
            ("ID", "KIND", "NAME", "SERVICE", "CREATED", "STATE"),
            (
                (
                    key.id,
                    key.kind,
                    key.name,
                    key.service,
                    f"{key.created_at:%Y-%m-%d}",
                    _state(key.revoked_at),
                )
                for key in keys
            ),
        )
    else:
        say("No key yet: tocsin key create webhook")


def revoke(
    key: Annotated[str, typer.Argument(help="Its id, or a name for all keys of that name.")],
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """End a key; the server honours it within seconds."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened

    with opened(config) as (accounts, _):
        accounts.key_revoke(key)
    if as_json:
        say_json({"revoked": key})
    else:
        say(f"Revoked: {key}")


def _state(revoked_at: object) -> str:
    return "revoked" if revoked_at else "live"
