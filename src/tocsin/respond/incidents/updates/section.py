"""Who outside the room is told how it stands? The key `stakeholders:` of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from tocsin.ground.catalogue import Language, Slug, did_you_mean
from tocsin.ground.kernel.settings import Problem, Section, Settings


class Audience(Settings):
    """Some who are told the same, in the same words."""

    title: str = Field(default="", description="As they are called: Management. Without it, its name.")
    template: Literal["management", "users"] = Field(
        default="users", description="Which update is offered for them first."
    )
    language: Language | None = Field(
        default=None, description="en or zh_Hant; without it that of the installation."
    )
    people: tuple[Slug, ...] = Field(
        default=(), description="Names under people:, each by their own channels."
    )
    rooms: tuple[str, ...] = Field(
        default=(), description="Names under channels: that are rooms; the update is posted there once."
    )
    addresses: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="By name of a channel, who else is told by it: {mail: [board@example.com]}.",
    )


class StakeholderSection(Section):
    """Audiences of updates."""

    stakeholders: dict[Slug, Audience] = Field(
        default_factory=dict, description="Who is told of incidents by updates, by name."
    )

    def cross_check(self) -> Iterable[Problem]:
        people: Mapping[str, object] = getattr(self, "people", {})  # of other sections
        channels: Mapping[str, object] = getattr(self, "channels", {})
        for name, audience in self.stakeholders.items():
            path = ("stakeholders", name)
            if not (audience.people or audience.rooms or audience.addresses):
                yield Problem(
                    path=path,
                    message="nobody is told",
                    fix="give people:, rooms: or addresses:",
                    level="warning",
                )
            for index, person in enumerate(audience.people):
                if person not in people:
                    fix = did_you_mean(person, people, "people")
                    yield Problem(
                        path=(*path, "people", index), message=f"there is no person {person}", fix=fix
                    )
            for index, room in enumerate(audience.rooms):
                if room not in channels:
                    fix = did_you_mean(room, channels, "channels")
                    yield Problem(
                        path=(*path, "rooms", index), message=f"there is no channel {room}", fix=fix
                    )
            for channel in audience.addresses:
                if channel not in channels:
                    fix = did_you_mean(channel, channels, "channels")
                    yield Problem(
                        path=(*path, "addresses", channel), message=f"there is no channel {channel}", fix=fix
                    )
