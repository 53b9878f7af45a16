"""`tocsin key …`: who may send alerts in? One key for each sender; its kind says how to read what comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Server
    from tocsin.sense.intake import Source

_Config = Annotated[
    Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print the key alone, as in KEY=$(tocsin key create webhook -q)."),
]


def add(app: typer.Typer) -> None:
    key = typer.Typer(
        no_args_is_help=True, help="Make, list and end the keys that send alerts; see what came by them."
    )
    key.command("kinds")(kinds)
    key.command("create")(create)
    key.command("list")(show)
    key.command("revoke")(revoke)
    key.command("deliveries")(deliveries)
    key.command("replay")(replay)
    app.add_typer(key, name="key")


def kinds(kind: Annotated[str, typer.Argument(help="Only this one.")] = "", as_json: _Json = False) -> None:
    """List the kinds of sources, and what a key of each may be told with --set."""
    from dataclasses import asdict

    from tocsin.cli.output import say, say_json
    from tocsin.sense.intake import every_source
    from tocsin.sense.intake.key_settings import settings_of

    known = every_source()
    shown = {kind: _source(known, kind)} if kind else known
    if as_json:
        items = [
            {"kind": name, "title": each.title, "settings": [asdict(one) for one in settings_of(each)]}
            for name, each in shown.items()
        ]
        say_json({"items": items, "next": None})
        return
    width = max(len(name) for name in shown)
    for name, each in shown.items():
        say(f"{name:<{width}}  {each.title}", style="bold")
        for one in settings_of(each):
            notes = one.form + (f"; {one.default}" if one.default else "; required" if one.required else "")
            say(f"    --set {one.name}=…  ({notes})  {one.about}")


def create(
    kind: Annotated[str, typer.Argument(help="Kind of source: alertmanager, webhook, …; see `kinds`.")],
    name: Annotated[str, typer.Option(help="What to call it; without one, its kind.")] = "",
    service: Annotated[str | None, typer.Option(help="Give all its alerts to this service.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="What the kind asks for; may be repeated."),
    ] = None,
    config: _Config = None,
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Make a key; it is shown this once."""
    from tocsin.cli.output import say, say_json
    from tocsin.cli.people import opened
    from tocsin.configuration import find_folder
    from tocsin.ground.catalogue import did_you_mean
    from tocsin.ground.kernel.errors import NotFound
    from tocsin.sense.intake import every_source
    from tocsin.sense.intake.key_settings import checked

    known = every_source()
    source = _source(known, kind)
    settings = checked(source, _written(setting or ()), find_folder(config).resolve())
    with opened(config) as (accounts, configuration):
        if service is not None and service not in configuration.services:
            fix = did_you_mean(service, configuration.services, "services")
            raise NotFound(f"there is no service {service}", fix=fix)
        plain = accounts.key_create(kind, name, service, settings, source.new_secret())
    base, path = configuration.public_url.rstrip("/"), source.paths[0]
    url = f"{base}/in/{plain}{path}"
    if as_json:
        made = {"key": plain, "url": url, "kind": kind, "name": name or kind, "service": service}
        say_json(made | {"settings": settings})
        return
    if quiet:
        say(plain)
        return
    say(f"Key for {kind}, shown this once:", style="bold")
    say(f"  {plain}")
    say()
    for line in source.usage(base, plain):
        say(line)


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


def deliveries(
    key: Annotated[str, typer.Argument(help="Its name or id.")],
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100)] = 20,
    as_json: _Json = False,
) -> None:
    """List what came by a key and what it was told, latest first. Asks the server."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    server = Server.from_environment()
    found = list(server.listed("sources", _id_of(server, key), "deliveries", limit=limit))
    if as_json:
        say_json({"items": found, "next": None})
    elif found:
        say_table(
            ("WHEN", "OUTCOME", "STATUS", "ALERTS", "CHANGES", "BYTES", "MS", "ID"),
            (
                (
                    words.past(each["at"]),
                    each["outcome"],
                    each["status"],
                    each["alerts"],
                    each["changes"],
                    each["size"],
                    f"{each['ms']:.1f}",
                    each["id"],
                )
                for each in found
            ),
        )
    else:
        say("Nothing came by this key yet.")


def replay(
    delivery: Annotated[str, typer.Argument(help="Its id, as `tocsin key deliveries` lists it.")],
    as_json: _Json = False,
) -> None:
    """Take a delivery in once more, by the way it came. Asks the server."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    answer = Server.from_environment().post("deliveries", delivery, "replay")
    if as_json:
        say_json(answer)
        return
    say(f"Its sender would hear {answer['status']} now.")
    if answer["answer"]:
        say(answer["answer"])


def _id_of(server: Server, name: str) -> str:
    """The id of the live key with that name or id. Raises NotFound, Conflict when several have the name."""
    from tocsin.ground.catalogue import did_you_mean
    from tocsin.ground.kernel.errors import Conflict, NotFound

    keys = list(server.listed("sources", revoked=True))
    for key in keys:
        if key["id"] == name:
            return name
    named = [key for key in keys if key["name"] == name]
    live = [key for key in named if key["revoked_at"] is None] or named
    if not live:
        fix = did_you_mean(name, [key["name"] for key in keys], "keys")
        raise NotFound(f"there is no key {name}", fix=fix)
    if len(live) > 1:
        ids = ", ".join(key["id"] for key in live)
        raise Conflict(f"{len(live)} keys have the name {name}", fix=f"Give the id: {ids}.")
    return live[0]["id"]


def _state(revoked_at: object) -> str:
    return "revoked" if revoked_at else "live"


def _source(known: Mapping[str, Source], kind: str) -> Source:
    from tocsin.ground.catalogue import did_you_mean
    from tocsin.ground.kernel.errors import NotFound

    if kind not in known:
        raise NotFound(f"there is no kind of source {kind}", fix=did_you_mean(kind, known, "kinds of source"))
    return known[kind]


def _written(pairs: Iterable[str]) -> dict[str, str]:
    """`name=value` pairs. Raises Invalid."""
    from tocsin.ground.kernel.errors import Invalid

    written: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or name.strip() in written:
            why = "stands twice" if name.strip() in written else "is not NAME=VALUE"
            raise Invalid(f"--set {pair} {why}", field="set", fix="Write --set name=value, each name once.")
        written[name.strip()] = value
    return written
