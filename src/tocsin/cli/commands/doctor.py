"""`tocsin doctor`: what is here, what is missing, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from tocsin.configuration import Configuration

Mark = Literal["ok", "warning", "failed"]
_SIGNS: dict[Mark, str] = {"ok": "✓", "warning": "●", "failed": "✕"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at."""

    mark: Mark
    what: str
    found: str
    fix: str = ""


def add(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    config: Annotated[
        Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at the configuration, the database, the people and the running server; exit with 1 if something fails."""
    from tocsin.cli.output import say, say_json

    findings = list(_examine(config))
    failed = sum(each.mark == "failed" for each in findings)
    if as_json:
        say_json({"ok": not failed, "findings": [asdict(each) for each in findings]})
    else:
        width = max(len(each.what) for each in findings)
        for each in findings:
            say(f"{_SIGNS[each.mark]} {each.what:<{width}}  {each.found}")
            if each.fix:
                say(f"  {'':<{width}}  → {each.fix}")
    if failed:
        raise typer.Exit(1)


def _examine(config: Path | None) -> Iterator[Finding]:
    import platform

    from tocsin import __version__

    yield Finding(mark="ok", what="Tocsin", found=f"{__version__} on Python {platform.python_version()}")
    yield from _configuration(config)
    yield from _server()


def _configuration(option: Path | None) -> Iterator[Finding]:
    from tocsin.configuration import find_folder, load
    from tocsin.ground.kernel.errors import Invalid

    try:
        folder = find_folder(option)
    except Invalid as error:
        mark: Mark = "failed" if option else "warning"
        yield Finding(mark=mark, what="configuration", found=error.message, fix=error.fix)
        return
    loaded = load(folder)
    for problem in loaded.problems:
        mark = "failed" if problem.level == "error" else "warning"
        first, _, fix = str(problem).partition("\n")
        yield Finding(mark=mark, what="configuration", found=first, fix=fix.strip())
    if loaded.configuration is None:
        return
    found = loaded.configuration
    yield Finding(
        mark="ok",
        what="configuration",
        found=f"{folder / 'tocsin.yaml'}: {len(found.services)} services, {len(found.people)} people, "
        f"{len(found.channels)} channels",
    )
    yield from _paging(found)
    yield _database(folder, found)
    yield from _library(folder, found)


def _paging(found: Configuration) -> Iterator[Finding]:
    reachable = [name for name, person in found.people.items() if person.reachable]
    if not found.channels:
        yield Finding(
            mark="warning",
            what="paging",
            found="there is no channel: nobody can be paged",
            fix="Add one under channels:, such as {kind: email, …}.",
        )
    elif not reachable:
        yield Finding(
            mark="warning",
            what="paging",
            found="nobody has an address",
            fix="Give somebody under people: an email: or a webhook:.",
        )
    else:
        yield Finding(mark="ok", what="paging", found=f"{', '.join(found.channels)} → {', '.join(reachable)}")


def _database(folder: Path, found: Configuration) -> Finding:
    from tocsin.ground.kernel.errors import TocsinError
    from tocsin.ground.store import Store, database_of

    try:
        url = database_of(folder, found.database_url)
        path = url.removeprefix("sqlite:///")
        if path != url and not Path(path).exists():
            if not os.access(Path(path).parent, os.W_OK):
                return Finding(
                    mark="failed",
                    what="database",
                    found=f"{path} cannot be made",
                    fix=f"Make the folder {Path(path).parent} and let this user write there, or change `database:`.",
                )
            return Finding(mark="ok", what="database", found=f"{path} is not there yet; `tocsin up` makes it")
        store = Store.open(url)
    except TocsinError as error:
        return Finding(mark="failed", what="database", found=error.message, fix=error.fix)
    store.close()
    return Finding(mark="ok", what="database", found=path if path != url else "Postgres answers")


def _library(folder: Path, found: Configuration) -> Iterator[Finding]:
    from tocsin.respond.runbooks.library import Library

    library = Library(lambda: found, folder, settings=lambda: found)
    trouble = library.trouble()
    for each in trouble:
        yield Finding(
            mark="warning",
            what="library",
            found=each,
            fix="Look at `library:`; repositories are fetched by `tocsin up`.",
        )
    if not trouble:
        yield Finding(mark="ok", what="library", found=f"{len(library.all())} runbooks")


def _server() -> Iterator[Finding]:
    from tocsin.cli.client import Server
    from tocsin.ground.kernel.errors import TocsinError, Unauthenticated

    try:
        server = Server.from_environment()
        ready = server.reach("/readyz")
    except TocsinError as error:
        yield Finding(mark="warning", what="server", found=error.message, fix=error.fix)
        return
    if ready != 200:
        yield Finding(
            mark="failed",
            what="server",
            found=f"{server.url} is not ready ({ready})",
            fix=f"Look at {server.url}/readyz and at the log of `tocsin up`.",
        )
    try:
        status = server.get("status")
    except Unauthenticated as error:
        yield Finding(mark="warning", what="token", found=error.message, fix=error.fix)
        return
    except TocsinError as error:
        yield Finding(mark="failed", what="server", found=error.message, fix=error.fix)
        return
    yield Finding(
        mark="ok", what="server", found=f"{server.url} runs {status['version']} and is {status['overall']}"
    )
    you = status["you"]
    yield Finding(mark="ok", what="token", found=f"{you['name']} ({you['role'] or you['kind']})")
