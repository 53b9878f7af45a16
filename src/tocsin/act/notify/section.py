"""What does the configuration say about channels? `channels:` names each way to reach people, by kind and
settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from functools import cache
from typing import Annotated, Any, Literal, Protocol

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    SerializeAsAny,
    WithJsonSchema,
    create_model,
)
from pydantic_core import CoreSchema

from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.extensions import discover
from tocsin.ground.kernel.settings import Problem, Section, Settings

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


_WALL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def _wall_time(text: object) -> object:
    if isinstance(text, time):
        return text
    if not isinstance(text, str) or not _WALL.fullmatch(text):
        raise ValueError(f'{text!r} is no time of day; write it in quotes, like "09:00"')
    return time.fromisoformat(text)


class Digest(Settings):
    """When people read what wakes nobody, as one message."""

    at: Annotated[
        time,
        BeforeValidator(_wall_time),
        PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
        WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
        Field(description='The time of day of the person, in quotes: "09:00".'),
    ] = time(9)
    channel: Annotated[
        str | None, Field(description="One of channels:; else the first that reaches the person.")
    ] = None
    severities: Annotated[
        tuple[str, ...],
        Field(description="Levels whose notices wait for it, such as P3. Pages never do."),
    ] = ()


class ChannelSection(Section):
    """The keys of notification."""

    digest: Annotated[
        Digest, Field(default_factory=Digest, description="One message a day for what wakes nobody.")
    ]

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
        wanted = self.digest.channel
        if wanted is not None and wanted not in self.channels:
            yield Problem(
                path=("digest", "channel"),
                message=f"there is no channel {wanted}",
                fix=did_you_mean(wanted, self.channels, "channels"),
            )


class Person(Reachable, Protocol):
    """What delivery reads of a person: `channels` are the names of channels, the one to try first in front."""

    @property
    def channels(self) -> Iterable[str]: ...
    @property
    def language(self) -> str | None: ...
    @property
    def time_zone(self) -> str | None: ...


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
    @property
    def digest(self) -> Digest: ...


def kind_of(settings: ChannelSettings) -> str:
    """The kind that an entry of `channels:` names."""
    return str(getattr(settings, "kind", ""))
