"""Which extensions are there? The folder is the list: one file, one class, one kind.

`discover("tocsin.act.notify.channels", Channel, "tocsin.channels")` imports every module of the folder, takes the
one subclass of `Channel` that the module itself defines, and keys it by the file's name; then come the entry points of
installed packages. A module without exactly one such class is a mistake that is told at start, by file.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from importlib.metadata import entry_points
from typing import TypeVar

T = TypeVar("T")


def discover(folder: str, base: type[T], group: str) -> dict[str, type[T]]:
    """The extensions of a folder and of installed packages, by kind, sorted."""
    package = importlib.import_module(folder)
    found: dict[str, type[T]] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{folder}.{info.name}")
        own = [
            each
            for _, each in inspect.getmembers(module, inspect.isclass)
            if issubclass(each, base) and each is not base and each.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise TypeError(f"{module.__file__}: one {base.__name__} a file, found {len(own)}")
        found[info.name] = own[0]
    for entry in entry_points(group=group):
        loaded = entry.load()
        if not (inspect.isclass(loaded) and issubclass(loaded, base)):
            raise TypeError(f"entry point {group}:{entry.name} is not a {base.__name__}")
        found[entry.name] = loaded
    return dict(sorted(found.items()))
