"""Who may come in? Accounts, tokens and keys of a configuration folder, opened directly: no server is needed."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.configuration import Configuration
    from tocsin.ground.accounts import Accounts


@contextmanager
def opened(config: Path | None) -> Generator[tuple[Accounts, Configuration]]:
    """The accounts of the folder and its configuration. A database that is not there yet is made."""
    from tocsin.configuration import find_folder, load
    from tocsin.ground.accounts import Accounts
    from tocsin.ground.kernel.clock import SystemClock
    from tocsin.ground.store import Store, database_of
    from tocsin.ground.store.migrate import migrate

    folder = find_folder(config)
    loaded = load(folder).required()
    store = Store.open(database_of(folder, loaded.database_url))
    try:
        migrate(store)
        yield Accounts(store, SystemClock()), loaded
    finally:
        store.close()


def known_person(configuration: Configuration, name: str) -> str:
    """The person of that name under people:. Raises NotFound, with who may be meant."""
    from tocsin.ground.catalogue import did_you_mean
    from tocsin.ground.kernel.errors import NotFound

    if name not in configuration.people:
        raise NotFound(f"there is no person {name}", fix=did_you_mean(name, configuration.people, "people"))
    return name


def password_from(stdin: bool) -> tuple[str, bool]:
    """The password to set, and whether it was made up here and so has to be shown."""
    if stdin:
        return sys.stdin.readline().rstrip("\n"), False
    from tocsin.ground.kernel.ids import new_token

    return new_token("pw"), True
