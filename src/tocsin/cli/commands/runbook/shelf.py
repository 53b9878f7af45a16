"""What does a folder's configuration make of the library? Opened directly: no server is needed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.configuration import Configuration
    from tocsin.ground.store import Store
    from tocsin.respond.runbooks.library import Library


def configured(config: Path | None) -> tuple[Library, Configuration]:
    """The library as it is configured. Raises Invalid where the configuration has mistakes."""
    from tocsin.configuration import find_folder, load
    from tocsin.respond.runbooks.library import Library

    folder = find_folder(config)
    loaded = load(folder).required()
    return Library(lambda: loaded, folder, settings=lambda: loaded), loaded


@contextmanager
def with_store(config: Path | None) -> Generator[tuple[Library, Configuration, Store]]:
    """The same with the database that knows of runs and reviews; one that is not there yet is made."""
    from tocsin.configuration import find_folder
    from tocsin.ground.store import Store, database_of
    from tocsin.ground.store.migrate import migrate

    library, loaded = configured(config)
    store = Store.open(database_of(find_folder(config), loaded.database_url))
    try:
        migrate(store)
        yield library, loaded, store
    finally:
        store.close()
