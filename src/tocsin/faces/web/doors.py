"""Behind which door of the top bar does a page stand, and what is beside it there?

Four doors are enough for a phone at night; what is behind one is a quiet line at the top of its pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.ground.i18n import N_


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A page that can be reached from each page behind its door."""

    path: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """`key` opens it from the keyboard after a `g`; `below` are further beginnings of paths that belong to it."""

    key: str
    path: str
    label: str
    rooms: tuple[Room, ...] = ()
    below: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Does a page of this path stand behind it?"""
        roots = (*(room.path for room in self.rooms), self.path, *self.below)
        return any(path == root or (root != "/" and path.startswith(f"{root}/")) for root in roots)


DOORS = (
    Door(
        key="i",
        path="/",
        label=N_("Incidents"),
        rooms=(
            Room(path="/", label=N_("Incidents")),
            Room(path="/approvals", label=N_("Approvals")),
            Room(path="/runs", label=N_("Runs")),
            Room(path="/diagnoses", label=N_("Diagnoses")),
            Room(path="/rollouts", label=N_("Roll backs")),
        ),
        below=("/incidents",),
    ),
    Door(
        key="a",
        path="/alerts",
        label=N_("Alerts"),
        rooms=(
            Room(path="/alerts", label=N_("Alerts")),
            Room(path="/silences", label=N_("Silences & maintenance")),
            Room(path="/sources", label=N_("Sources")),
            Room(path="/monitors", label=N_("Monitors")),
            Room(path="/channels", label=N_("Channels")),
            Room(path="/alerts/noise", label=N_("Noise")),
        ),
        below=("/maintenance", "/heartbeats"),
    ),
    Door(key="o", path="/oncall", label=N_("On call")),
    Door(
        key="r",
        path="/runbooks",
        label=N_("Runbooks"),
        rooms=(
            Room(path="/runbooks", label=N_("Runbooks")),
            Room(path="/runbooks/reviews", label=N_("Reviews")),
            Room(path="/drills", label=N_("Drills")),
        ),
    ),
)
"""In the order in which they stand in the top bar."""


def rooms_beside(path: str) -> Door:
    """The door whose rooms stand at the top of the page of this path, which is one of them."""
    return next(door for door in DOORS if any(room.path == path for room in door.rooms))
