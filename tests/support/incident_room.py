"""A desk with real rooms around it; only the service's checks are told what to say."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tocsin.act.notify import Deliveries, of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.catalogue import service_of
from tocsin.ground.engine import Boots, Timers
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.respond.incidents import Incident, Incidents, Triage
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.oncall import Escalations, Oncall
from tocsin.sense.alerts import Ledger, Sender, Signal, list_alerts
from tocsin.sense.alerts.held import Folds
from tocsin.sense.alerts.trace import steps

CONFIGURATION: dict[str, Any] = {
    "people": {
        "mei": {"name": "Mei-Ling Chen", "email": "mei@example.com"},
        "jun": {"name": "Jun Wu", "email": "jun@example.com"},
    },
    "channels": {"mail": {"kind": "email", "host": "127.0.0.1", "port": 1, "from": "tocsin@example.com"}},
    "escalations": {
        "backend": {"steps": [{"page": ["person:mei"]}, {"page": ["person:jun"], "after": "5m"}]},
    },
    "policies": {
        "core": {
            "levels": {
                "P0": {
                    "when": ["m.availability < 0.5"],
                    "clocks": {"assess": "5m", "restore": "30m", "report": "1h"},
                },
                "P1": {
                    "when": ["m.error_rate > 0.2"],
                    "clocks": {"assess": "15m", "restore": "2h", "report": "1h"},
                },
                "P3": {"otherwise": True, "page": False},
            }
        }
    },
    "services": {
        "shop": {
            "title": "Shop",
            "policy": "core",
            "escalation": "backend",
            "soak": "3m",
            "soak_every": "1m",
            "match": [{"job": "shop-*"}],
        }
    },
}


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What the checks are told to say."""

    ok: bool
    summary: str
    findings: tuple[()] = ()


@dataclass(kw_only=True)
class Room:
    """Everything a story about incidents needs."""

    store: Store
    clock: FrozenClock
    desk: Desk
    incidents: Incidents
    triage: Triage
    timers: Timers
    ledger: Ledger
    deliveries: Deliveries
    folds: Folds
    checks: list[Looked] = field(default_factory=list)

    def fire(self, name: str = "ShopDown", **labels: str) -> None:
        self._say(name, labels, over=False)

    def clear(self, name: str = "ShopDown", **labels: str) -> None:
        self._say(name, labels, over=True)

    def _say(self, name: str, labels: dict[str, str], *, over: bool) -> None:
        signal = Signal(
            labels={"alertname": name, **labels},
            annotations={"summary": f"{name} in the shop"},
            resolved=over,
        )
        self.ledger.record([signal], Sender(key="key_1", source="webhook"))
        while self.triage.step():
            pass

    def pass_time(self, seconds: float, *, step: float = 15) -> None:
        """Lets time go by; what becomes due on the way happens on the way."""
        left = seconds
        while left > 0:
            self.clock.tick(min(step, left))
            left -= step
            while self.timers.sweep():
                pass

    def only(self) -> Incident:
        with self.store.read() as conn:
            (incident,) = self.incidents.list(conn)
        return incident

    def story(self, incident: str) -> list[str]:
        with self.store.read() as conn:
            return [event.kind for event in timeline.of_incident(conn, incident)]

    def why(self, name: str) -> list[str]:
        """The newest judgement of the alert of that name, as stages and verdicts."""
        with self.store.read() as conn:
            (alert,) = [each for each in list_alerts(conn, limit=1_000) if each.name == name]
            found = steps(conn, alert.id)
        judged = [index for index, each in enumerate(found) if each.stage in ("received", "flapping")]
        until = next((index for index in judged if index and found[index].stage == "received"), None)
        return [f"{each.stage}.{each.verdict}" for each in found[:until]]

    def pages(self, incident: str) -> list[tuple[str | None, str]]:
        with self.store.read() as conn:
            return [(each.person, each.state) for each in of_incident(conn, incident)]


@contextmanager
def opened(store: Store, clock: FrozenClock, configured: Holder[Configuration]) -> Generator[Room]:
    """The rooms around incidents, put together as the application does it, with no thread of their own."""
    bell = Bell()
    boots = Boots(store, clock)
    boots.begin()
    timers = Timers(store, clock, boots)
    links = Links(lambda: "http://127.0.0.1:9911", b"k" * 32)
    outbound = Outbound(["127.0.0.0/8"])
    deliveries = Deliveries(store, clock, configured, bell=bell, links=links, outbound=outbound, boots=boots)
    oncall = Oncall(configured, clock)
    escalations = Escalations(store, clock, configured, oncall=oncall, deliveries=deliveries, timers=timers)
    ledger = Ledger(store, clock, configured, bell, lambda labels: service_of(configured(), labels)[0])
    looks: list[Looked] = []
    check: Callable[..., Any] = lambda *_: looks.pop(0) if looks else Looked(ok=True, summary="1 of 1 passed")  # noqa: E731 - a stand-in of one line
    folds = Folds.over(store, clock, bell, configured, lambda: "UTC", timers)
    desk = Desk(
        store=store,
        clock=clock,
        bell=bell,
        timers=timers,
        services=configured,
        policies=configured,
        folding=configured,
        folds=folds,
        escalations=escalations,
        deliveries=deliveries,
        check=check,
    )
    ledger.start()
    try:
        yield Room(
            store=store,
            clock=clock,
            desk=desk,
            incidents=Incidents(desk),
            triage=Triage(desk=desk),
            timers=timers,
            ledger=ledger,
            deliveries=deliveries,
            folds=folds,
            checks=looks,
        )
    finally:
        ledger.stop()
        outbound.close()
