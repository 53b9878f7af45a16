"""How is a shell elsewhere reached? A place is a machine or container with a client program that leads there.

The client gets a script on its standard input and hands it to a shell there; so neither a command nor a value stands
in anybody's list of processes, and none of our environment goes along.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tocsin.ground.kernel.extensions import discover

# The clean slate of a command there. Any login shell reads this line alike.
LINE = 'exec env -i HOME="$HOME" PATH="$PATH" LANG=C.UTF-8 /bin/sh'


class Place(ABC):
    """One kind of target on which commands run. Built once for the process."""

    title: ClassVar[str]

    @abstractmethod
    def client(self, target: Mapping[str, Any], folder: Path, *, first: bool) -> list[str]:
        """The client program and its arguments; it runs in `folder`, where files for it may be put.

        `first`: this is the attempt itself and not a look at it afterwards. Raises BadTarget for settings that
        lead nowhere.
        """

    @abstractmethod
    def doubtful(self, code: int) -> bool:
        """May this exit code be the client's own, and not the one of the command?"""

    @abstractmethod
    def refused(self, folder: Path) -> bool:
        """Is it certain that the client of the attempt never got as far as to start the script?"""

    def leave(self, folder: Path) -> None:  # noqa: B027 - most places put nothing there
        """Takes away what `client` put into the folder and must not stay there."""

    def environment(self, target: Mapping[str, Any]) -> dict[str, str]:
        """What the client program itself needs besides PATH, HOME and LANG; the command there never sees it."""
        return {}


@functools.cache
def all_places() -> dict[str, Place]:
    """The folder is the list: every place by the `kind` of its targets."""
    found = discover("tocsin.act.targets.places", Place, "tocsin.places")
    return {kind: place() for kind, place in found.items()}  # pyright: ignore[reportAbstractUsage] - only whole ones are found
