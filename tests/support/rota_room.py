"""Schedules over a real store, with deliveries that write rows and send nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tocsin.act.notify import ChannelSection, Deliveries, Delivery
from tocsin.act.notify.store import of_person
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.respond.oncall import Handovers, Notices, Oncall, OncallSection, Overrides, Swaps

ZONE = ZoneInfo("Asia/Taipei")
ROTA: dict[str, Any] = {
    "time_zone": "Asia/Taipei",
    "channels": {"mail": {"kind": "email", "host": "127.0.0.1", "port": 1, "from": "tocsin@example.com"}},
    "people": {
        "mei": {"name": "Mei-Ling Chen", "email": "mei@example.com"},
        "jun": {"name": "Jun Wu", "email": "jun@example.com", "language": "zh_Hant"},
        "ana": {"name": "Ana", "email": "ana@example.com"},
        "new": {"name": "New Nils", "email": "nils@example.com"},
    },
    "schedules": {
        "backend": {
            "title": "Backend",
            "layers": [{"people": ["mei", "jun"], "rotation": "weekly", "start": "2026-11-16T09:00"}],
        }
    },
}


class Configuration(OncallSection, ChannelSection, CatalogueSection):
    """The sections that on call reads."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """An incident, as far as a note tells it."""

    id: str = "INC-2026-0001"
    title: str = "Shop is down"
    severity: str = "P0"
    state: str = "acknowledged"


class Boots:
    id = "boot_1"

    def dead(self, conn: Connection) -> list[str]:
        return []


@dataclass
class RotaRoom:
    """It is Saturday 21 November 2026, 18:30 in Taipei; Mei is on call until Monday 09:00, then Jun."""

    store: Store
    clock: FrozenClock
    changes: dict[str, Any] = field(default_factory=dict)
    bell: Bell = field(default_factory=Bell)
    troubles: list[Trouble] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.configuration = Configuration.model_validate(ROTA | self.changes)
        self.outbound = Outbound()
        links = Links(lambda: "https://tocsin.example.com", b"k" * 32)
        self.deliveries = Deliveries(
            self.store,
            self.clock,
            self.current,
            bell=self.bell,
            links=links,
            outbound=self.outbound,
            boots=Boots(),
        )
        self.overrides = Overrides(self.store, self.clock, self.current, self.bell)
        self.oncall = Oncall(self.current, self.clock, self.overrides)
        self.notices = Notices(self.current, self.deliveries)
        self.swaps = Swaps(
            self.store, self.clock, self.current, self.bell, oncall=self.oncall, notices=self.notices
        )
        self.handovers = self.process()

    def current(self) -> Configuration:
        return self.configuration

    def process(self) -> Handovers:
        """Hand-overs as a process that has just started knows them."""
        return Handovers(
            self.store,
            self.clock,
            self.current,
            oncall=self.oncall,
            notices=self.notices,
            unfinished=lambda _: self.troubles,
        )

    def configure(self, **changes: Any) -> None:
        self.configuration = Configuration.model_validate(ROTA | self.changes | changes)

    def put(self, person: str, start: str, end: str, **more: Any) -> Any:
        values = {"schedule": "backend", "reason": "", "by": "person:mei"} | more
        return self.overrides.put(person=person, start=at(start), end=at(end), **values)

    def ask(self, start: str, end: str, **more: Any) -> Any:
        values = {"schedule": "backend", "giver": "mei", "taker": "jun", "by": "person:mei"} | more
        return self.swaps.ask(start=at(start), end=at(end), **values)

    def who(self, text: str) -> str | None:
        return self.oncall.who("backend", at(text))

    def shifts(self, start: str, end: str) -> list[tuple[str, str | None]]:
        """(begin in Taipei, person)."""
        found = self.oncall.shifts("backend", at(start), at(end))
        return [(f"{each.start.astimezone(ZONE):%m-%d %H:%M}", each.person) for each in found]

    def told(self, person: str) -> list[Delivery]:
        with self.store.read() as conn:
            return of_person(conn, person)

    def later(self, text: str) -> None:
        self.clock.tick((at(text) - self.clock.now()).total_seconds())


def at(text: str) -> datetime:
    """`11-23 09:00` of 2026 in Taipei."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}").replace(tzinfo=ZONE).astimezone(UTC)
