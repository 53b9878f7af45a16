"""Which service is there to break? One under supervisord, which needs nothing but this repository, or one on Docker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from demo.containers.engine import missing
from demo.containers.faults import CONTAINER_FAULTS
from demo.containers.stack import ContainerStack
from demo.faults import FAULTS, Fault
from demo.stack import Stack


class AnyStack(Protocol):
    """What the story asks of a service, however it is run."""

    title: str

    def __init__(self, folder: Path) -> None: ...

    @property
    def url(self) -> str:
        """Where readers reach it."""
        ...

    @property
    def values(self) -> Mapping[str, str]:
        """What its configuration calls by name."""
        ...

    @property
    def how_to_break(self) -> str:
        """A command that breaks it, to try by hand."""
        ...

    def start(self) -> None:
        """Returns when it answers. Raises StackBroken."""
        ...

    def stop(self) -> None:
        """Ends all of it."""
        ...

    def tidy(self) -> None:
        """Takes its folder away."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One way to run the service: how it is made, configured and broken, and what it takes."""

    make: type[Stack] | type[ContainerStack]
    faults: Mapping[str, Fault[Any]]
    patience: float = 1.0
    """How much longer than usual the story waits before it gives up: containers need their time on a busy machine."""

    @property
    def config(self) -> Path:
        """The folder with `tocsin.yaml` and `runbooks/`."""
        return self.make.config

    @property
    def missing(self) -> str:
        """What keeps this machine from running it; "" where nothing does."""
        return missing() if self.make is ContainerStack else ""


STACKS = {
    "supervisor": Kind(make=Stack, faults=FAULTS),
    "docker": Kind(make=ContainerStack, faults=CONTAINER_FAULTS, patience=4.0),
}
