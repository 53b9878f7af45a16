"""Where are war rooms opened? The key `war_room:` of the configuration; the level says which incidents want one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tocsin.ground.catalogue import WebAddress, did_you_mean
from tocsin.ground.kernel.settings import Problem, Section, Settings

_NUMBER = "{incident}"


def _meeting(value: str) -> str:
    if "{" in value.replace(_NUMBER, "") or "}" in value.replace(_NUMBER, ""):
        raise ValueError(f"only {_NUMBER} is filled in, with the number of the incident")
    return value


class WarRoomSettings(Settings):
    """A room is opened for incidents of levels with `war_room: true`."""

    kind: Literal["slack"] = Field(default="slack", description="Where rooms are opened: slack.")
    channel: str = Field(
        description="A name under channels: of that kind; its token opens the rooms. It needs the scopes "
        "channels:manage, channels:read, channels:write.invites, channels:write.topic, chat:write, pins:write."
    )
    private: bool = Field(default=False, description="Whether only who is invited sees the room.")
    meeting: Annotated[WebAddress, AfterValidator(_meeting)] | None = Field(
        default=None,
        description="Where they meet to talk; {incident} becomes its number: https://meet.example.com/{incident}.",
    )


class WarRoomSection(Section):
    """War rooms."""

    war_room: WarRoomSettings | None = Field(
        default=None, description="Where a room is opened for an incident whose level wants one."
    )

    def cross_check(self) -> Iterable[Problem]:
        if self.war_room is None:
            return
        channels: Mapping[str, object] = getattr(self, "channels", {})  # of notification, in the whole
        name, kind = self.war_room.channel, self.war_room.kind
        found = {
            each: settings for each, settings in channels.items() if getattr(settings, "kind", "") == kind
        }
        if name not in found:
            yield Problem(
                path=("war_room", "channel"),
                message=f"there is no channel {name} of the kind {kind}",
                fix=did_you_mean(name, found, "channels"),
            )
