"""`tocsin change …`: what was changed lately, and a way for scripts to say so."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(app: typer.Typer) -> None:
    change = typer.Typer(no_args_is_help=True, help="Tell of deploys and other changes, and read them.")
    change.command("add")(tell)
    change.command("list")(show)
    app.add_typer(change, name="change")


def tell(
    title: Annotated[str, typer.Argument(help="What was changed, in a few words.", show_default=False)],
    service: Annotated[str | None, typer.Option(help="The service it is about.")] = None,
    kind: Annotated[str, typer.Option(help="A word: deploy, config, flag, migration …")] = "deploy",
    state: Annotated[str, typer.Option(help="started, succeeded, failed or cancelled.")] = "succeeded",
    version: Annotated[str | None, typer.Option(help="What was put in place: a tag, a commit.")] = None,
    environment: Annotated[str | None, typer.Option(help="Where: production, staging …")] = None,
    by: Annotated[str | None, typer.Option(help="Who did it.")] = None,
    url: Annotated[str | None, typer.Option(help="Where to look further.")] = None,
    at: Annotated[str | None, typer.Option(help="When, such as 2026-11-21T10:30:00Z; now if unset.")] = None,
    dedup_key: Annotated[
        str | None, typer.Option(help="The same in every message about it: tell the start, then the end.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Tell of one change. It is on disk when the command returns. TOCSIN_TOKEN may be a token or an intake key."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    body: dict[str, Any] = {"title": title, "kind": kind, "state": state}
    given = {
        "service": service,
        "version": version,
        "environment": environment,
        "by": by,
        "url": url,
        "at": at,
        "dedup_key": dedup_key,
    }
    answer = Server.from_environment().post(
        "changes", body={**body, **{name: each for name, each in given.items() if each is not None}}
    )
    if as_json:
        say_json(answer)
        return
    say(f"{answer['state']}: {answer['id']}")


def show(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: _Json = False,
) -> None:
    """List changes, latest first; they are kept for 90 days."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = list(Server.from_environment().listed("changes", limit=limit, service=service))
    if as_json:
        say_json(found)
        return
    if not found:
        say("No changes.")
        return
    say_table(
        ("state", "kind", "title", "service", "version", "when", "by"),
        [
            (
                words.state(each["state"]),
                each["kind"],
                each["title"],
                each["service"] or "–",
                each["version"] or "–",
                words.past(each["at"]),
                each["by"] or "–",
            )
            for each in found
        ],
    )
