"""A room of incidents with somebody who writes the reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room, opened

from tocsin.act.notify import Delivery, of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.ground.timeline import Followers
from tocsin.learn.reports import Report, Reports


@dataclass(kw_only=True)
class Desk:
    """The room, what is configured, and the reports that come of it."""

    room: Room
    configured: Holder[Configuration]
    reports: Reports
    followers: Followers

    def configure(self, **settings: Any) -> None:
        self.configured.swap(Configuration.model_validate(CONFIGURATION | settings))

    def tell(self, incident: str, kind: str, actor: str = "tocsin", /, **data: Any) -> int:
        """Another room adds to the story; the number of what it added."""
        now = self.room.clock.now()
        return self.room.store.write(lambda conn: timeline.append(conn, incident, kind, actor, now, **data))

    def deliver(self, incident: str) -> None:
        """The mail server takes every page that was to leave at once."""

        def job(conn: Any, each: Delivery) -> None:
            now = self.room.clock.now()
            self.room.deliveries.outcomes.sent(conn, each, None, now, now)

        with self.room.store.read() as conn:
            claimed = [each for each in of_incident(conn, incident) if each.state == "claimed"]
        for each in claimed:
            self.room.store.write(lambda conn, each=each: job(conn, each))

    def number(self, incident: str, kind: str) -> int:
        """The number of the last event of that kind."""
        with self.room.store.read() as conn:
            return timeline.of_incident(conn, incident, kinds=(kind,))[-1].seq

    def report(self, incident: str) -> Report:
        """What the newest report says, after the followers have seen all that happened."""
        while self.followers.step():
            pass
        with self.room.store.read() as conn:
            return self.reports.latest(conn, incident)

    def answers(self, incident: str) -> dict[str, list[str]]:
        """Heading → the lines under it."""
        sections: dict[str, list[str]] = {}
        for line in self.report(incident).markdown.splitlines():
            if line.startswith("## "):
                sections[line[3:]] = []
            elif line and sections:
                list(sections.values())[-1].append(line)
        return sections


@pytest.fixture
def desk(store: Store, clock: FrozenClock) -> Iterator[Desk]:
    configured = Holder(Configuration.model_validate(CONFIGURATION))
    with opened(store, clock, configured) as room:
        reports = Reports(store, clock, configured, room.incidents)
        followers = Followers(store)
        reports.follow(followers)
        yield Desk(room=room, configured=configured, reports=reports, followers=followers)
