"""What does the configuration say about channels? `channels:` names each way to reach people, by kind and
settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, GetCoreSchemaHandler, SerializeAsAny, create_model
from pydantic_core import CoreSchema

from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.extensions import discover
from tocsin.ground.kernel.settings import Problem, Section

GROUP = "tocsin.channels"


@cache
def kinds() -> Mapping[str, type[Channel[Any]]]:
    """The channels there are, by kind: one file each in `channels/`, and those of installed packages."""
    return discover("tocsin.act.notify.channels", Channel, GROUP)


@cache
def settings_of(kind: str) -> type[ChannelSettings]:
    """The settings of a kind, with the kind itself among them, as they stand in the configuration."""
    base = kinds()[kind].Settings
    # The kind is only known now, so no type checker can follow.
    named: dict[str, Any] = {"kind": (Literal[kind], ...)}
    return create_model(f"{base.__name__}Entry", __base__=base, **named)


class _AnyKind:
    """Validates an entry by the settings of the kind that it names; the schema lists all kinds."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        every: Any = None
        for kind in kinds():
            every = settings_of(kind) if every is None else every | settings_of(kind)
        return handler.generate_schema(Annotated[every, Field(discriminator="kind")])


class ChannelSection(Section):
    """The keys of notification."""

    channels: Annotated[
        dict[str, Annotated[SerializeAsAny[ChannelSettings], _AnyKind()]],
        Field(default_factory=dict, description="Ways to reach people, in the order they are tried."),
    ]

    def cross_check(self) -> Iterable[Problem]:
        people: Mapping[str, Person] = getattr(
            self, "people", {}
        )  # of the catalogue, in the whole configuration
        for name, person in people.items():
            for index, channel in enumerate(person.channels):
                if channel not in self.channels:
                    yield Problem(
                        path=("people", name, "channels", index),
                        message=f"there is no channel {channel}",
                        fix=did_you_mean(channel, self.channels, "channels"),
                    )


class Person(Reachable, Protocol):
    """What delivery reads of a person: `channels` are the names of channels, the one to try first in front."""

    @property
    def channels(self) -> Iterable[str]: ...
    @property
    def language(self) -> str | None: ...


class Directory(Protocol):
    """What delivery reads of the configuration."""

    @property
    def channels(self) -> Mapping[str, ChannelSettings]: ...
    @property
    def people(self) -> Mapping[str, Person]: ...
    @property
    def language(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


def kind_of(settings: ChannelSettings) -> str:
    """The kind that an entry of `channels:` names."""
    return str(getattr(settings, "kind", ""))
