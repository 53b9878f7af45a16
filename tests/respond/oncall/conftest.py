"""A small team on call, with deliveries that write rows and send nothing until a test starts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, update

from tocsin.act.notify import ChannelSection, Deliveries, Delivery, of_incident
from tocsin.act.notify.store import delivery
from tocsin.ground import timeline
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.engine import Timer
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.respond.oncall import Escalations, Oncall, OncallSection


class Configuration(OncallSection, ChannelSection, CatalogueSection):
    """The sections that on call reads."""


TEAM: dict[str, Any] = {
    "time_zone": "Asia/Taipei",
    "channels": {
        "mail": {"kind": "email", "host": "127.0.0.1", "port": 1, "from": "tocsin@example.com"},
        "hook": {"kind": "webhook"},
    },
    "people": {
        "mei": {"name": "Mei-Ling Chen", "email": "mei@example.com", "webhook": "http://127.0.0.1:1/mei"},
        "jun": {"name": "Jun Wu", "email": "jun@example.com", "language": "zh_Hant"},
        "ana": {"name": "Ana", "email": "ana@example.com"},
        "bot": {"name": "Nobody can reach me"},
    },
    "teams": {"backend": {"title": "Backend", "members": ["mei", "jun"], "lead": "ana"}},
    "schedules": {
        "backend": {
            "layers": [{"people": ["mei", "jun"], "rotation": "weekly", "start": "2026-11-16T09:00"}]
        },
        "nights": {"layers": [{"people": ["ana"], "start": "2026-11-16T09:00", "hours": ["22:00-06:00"]}]},
    },
    "escalations": {
        "backend": {
            "steps": [
                {"page": ["schedule:backend"]},
                {"page": ["person:jun", "team:backend"], "after": "5m"},
            ],
            "repeat": 1,
        }
    },
    "services": {"shop": {"title": "Shop", "team": "backend", "escalation": "backend"}},
}


@dataclass
class Alarms:
    """Timers that a test lets go off by itself."""

    handlers: dict[str, Callable[[Timer], None]] = field(default_factory=dict)
    waiting: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def on(self, kind: str, handler: Callable[[Timer], None], *, urgent: bool = False) -> None:
        self.handlers[kind] = handler

    def set(self, conn: Connection, kind: str, subject: str, due_at: datetime, data: Any = None) -> None:
        self.waiting[kind, subject] = due_at

    def cancel(self, conn: Connection, kind: str, subject: str) -> None:
        self.waiting.pop((kind, subject), None)

    def go_off(self) -> None:
        for (kind, subject), due_at in list(self.waiting.items()):
            self.handlers[kind](Timer(id="t", kind=kind, subject=subject, due_at=due_at, attempt=1, data={}))


@dataclass
class FakeBoots:
    id: str = "boot_1"

    def dead(self, conn: Connection) -> list[str]:
        return []


class Desk:
    """The room, and what a test wants to see of it."""

    def __init__(self, store: Store, clock: FrozenClock, outbound: Outbound, values: dict[str, Any]) -> None:
        self.store, self.clock, self.alarms = store, clock, Alarms()
        self.configuration = Configuration.model_validate(values)
        links = Links(lambda: "https://tocsin.example.com", b"k" * 32)
        self.deliveries = Deliveries(
            store,
            clock,
            lambda: self.configuration,
            bell=Bell(),
            links=links,
            outbound=outbound,
            boots=FakeBoots(),
        )
        self.oncall = Oncall(lambda: self.configuration, clock)
        self.escalations = Escalations(
            store,
            clock,
            lambda: self.configuration,
            oncall=self.oncall,
            deliveries=self.deliveries,
            timers=self.alarms,
        )

    def open(self, incident: str = "INC-2026-0001", **options: Any) -> list[Delivery]:
        values: dict[str, Any] = {
            "incident": incident,
            "title": "Shop is down",
            "service": "shop",
            "severity": "P0",
            "policy": "backend",
            "at": self.clock.now(),
            "channels": (),
        }
        return self.store.write(lambda conn: self.escalations.open(conn, **(values | options)))

    def stop(self, incident: str = "INC-2026-0001") -> None:
        self.store.write(lambda conn: self.escalations.stop(conn, incident, "acknowledged by mei"))

    def send(self) -> None:
        """Every page that is claimed leaves now, and is taken."""
        self.store.write(
            lambda conn: conn.execute(
                update(delivery)
                .where(delivery.c.state == "claimed")
                .values(state="sent", sent_at=self.clock.now(), switch_at=None)
            )
        )

    def later(self, seconds: float) -> None:
        """Pages leave, time passes, and what is due is claimed."""
        self.send()
        self.clock.tick(seconds)
        while self.deliveries.sweep():
            pass

    def rows(self, incident: str = "INC-2026-0001") -> list[Delivery]:
        with self.store.read() as conn:
            return of_incident(conn, incident)

    def paged(self, incident: str = "INC-2026-0001") -> list[tuple[int, int, str, str]]:
        """(round, step, person, channel) of every page to a person, sorted."""
        rows = self.rows(incident)
        return sorted((row.round, row.step, row.person, row.channel or "") for row in rows if row.person)

    def told(self, incident: str = "INC-2026-0001") -> list[str]:
        with self.store.read() as conn:
            return [
                timeline.sentence(each)
                for each in timeline.of_incident(conn, incident)
                if each.kind.startswith("escalation.")
            ]


@pytest.fixture
def make_desk(store: Store, clock: FrozenClock) -> Iterator[Callable[..., Desk]]:
    outbound = Outbound()
    yield lambda **changes: Desk(store, clock, outbound, TEAM | changes)
    outbound.close()


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
