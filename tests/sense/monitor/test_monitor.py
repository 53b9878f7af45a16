"""A shop that falls ill and recovers, seen by the monitor alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from waiting import until

from tocsin.act.checks import Checks, Finding, Round
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock, FrozenClock, SystemClock
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.sense.alerts import Alert, AlertsSection, Ledger, Outcome, Sender, Signal, list_alerts
from tocsin.sense.measures import store as measures
from tocsin.sense.monitor import Monitor, past_rounds

CHECKS = [{"name": "health", "kind": "http", "url": "http://127.0.0.1:1/"}, {"name": "cart", "kind": "redis"}]


def catalogue(**services: Any) -> CatalogueSection:
    return CatalogueSection.model_validate({"services": services})


def shop(**more: Any) -> dict[str, Any]:
    return {"title": "Shop", "checks": CHECKS, "monitor": {"every": "10s", "rounds": 2}, **more}


class FakeChecks(Checks):
    """`failing` names the checks that fail now."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.failing: set[str] = set()
        self.looked: list[str] = []
        self.during: Callable[[], Any] = lambda: None

    def of_service(self, name: str, service: Service) -> Round | None:
        self.looked.append(name)
        self.during()
        findings = [
            Finding(check=each["name"], ok=each["name"] not in self.failing, text="seen", ms=12 + place)
            for place, each in enumerate(service.checks)
        ]
        return Round(at=self.clock.now(), findings=tuple(findings))


class World:
    """A store, a ledger, a monitor, and a hand on the clock."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store = store
        self.clock = clock
        self.current = Holder(catalogue(shop=shop()))
        self.ledger = Ledger(
            store, clock, AlertsSection, Bell(), lambda labels: labels.get("service", "unassigned")
        )
        self.ledger.start()
        self.checks = FakeChecks(clock)
        self.monitor = self.new_monitor()

    def new_monitor(self) -> Monitor:
        return Monitor(self.store, self.clock, self.current, self.ledger, self.checks)

    def rounds(self, count: int, *failing: str) -> None:
        self.checks.failing = set(failing)
        for _ in range(count):
            self.monitor.tick()
            self.clock.tick(10)

    def alerts(self) -> list[Alert]:
        with self.store.read() as conn:
            return list_alerts(conn)


@pytest.fixture
def world(store: Store, clock: FrozenClock) -> Iterator[World]:
    made = World(store, clock)
    yield made
    made.ledger.stop()


def test_a_healthy_shop_makes_no_alert(world: World):
    world.rounds(5)
    assert world.checks.looked == ["shop"] * 5
    assert world.alerts() == []


def test_an_alert_of_a_process_that_died_is_ended_by_the_one_that_lives(world: World):
    surviving = world.new_monitor()
    surviving.tick()
    world.rounds(2, "health")
    assert [each.state for each in world.alerts()] == ["firing"]
    world.checks.failing = set()
    surviving.tick()
    assert [each.state for each in world.alerts()] == ["resolved"]


def test_one_failing_round_is_not_an_alert_but_two_are(world: World):
    begun = world.clock.now()
    world.rounds(1, "health")
    assert world.alerts() == []
    world.rounds(1, "health")
    (alert,) = world.alerts()
    assert (alert.name, alert.service, alert.source, alert.state) == (
        "Shop is failing",
        "shop",
        "monitor",
        "firing",
    )
    assert (alert.starts_at, alert.value) == (begun, 0.5)
    assert alert.annotations == {
        "summary": "Shop: 1 of 2 checks fail",
        "description": "health ✗ seen",
        "availability": "0.5",
        "error_rate": "0.5",
        "latency_ms": "13",
    }


def test_failing_rounds_that_are_not_in_a_row_do_not_add_up(world: World):
    for _ in range(3):
        world.rounds(1, "health")
        world.rounds(1)
    assert world.alerts() == []


def test_measures_follow_while_it_fails_and_one_good_round_ends_it(world: World):
    world.rounds(2, "health")
    world.rounds(1, "health", "cart")
    (alert,) = world.alerts()
    assert (alert.annotations["availability"], alert.episode) == ("0", 1)
    world.rounds(1)
    (alert,) = world.alerts()
    assert alert.state == "resolved"
    world.rounds(2, "cart")
    (alert,) = world.alerts()
    assert (alert.state, alert.episode) == ("firing", 2)


def test_after_a_restart_it_ends_what_fired_before(world: World):
    world.rounds(2, "health")
    world.monitor = world.new_monitor()
    world.rounds(1)
    assert [each.state for each in world.alerts()] == ["resolved"]


def test_after_a_restart_what_still_fails_goes_on_firing(world: World):
    world.rounds(2, "health")
    world.monitor = world.new_monitor()
    world.rounds(1, "health")
    (alert,) = world.alerts()
    assert (alert.state, alert.episode) == ("firing", 1)


def test_a_reload_is_noticed(world: World):
    world.rounds(2, "health")
    world.current.swap(catalogue(shop=shop(title="Store"), mail=shop(monitor={"every": "20s", "rounds": 1})))
    world.rounds(1, "health")
    assert set(world.checks.looked[-2:]) == {"shop"}
    world.rounds(1, "health")
    assert sorted(each.name for each in world.alerts()) == ["Shop is failing", "Store is failing"]


def test_a_service_no_longer_watched_has_its_alert_ended(world: World):
    world.rounds(2, "health")
    world.current.swap(catalogue(shop={"title": "Shop"}))
    looked = len(world.checks.looked)
    world.rounds(3, "health")
    assert len(world.checks.looked) == looked
    assert [each.state for each in world.alerts()] == ["resolved"]
    world.current.swap(catalogue())
    world.rounds(1)


def test_a_severity_and_labels_of_the_monitor_stand_on_the_alert(world: World):
    monitor = {"every": "10s", "rounds": 1, "severity": "critical", "labels": {"region": "tw"}}
    world.current.swap(catalogue(shop=shop(monitor=monitor)))
    world.rounds(1, "cart")
    (alert,) = world.alerts()
    assert (alert.labels["severity"], alert.labels["region"]) == ("critical", "tw")


def test_first_rounds_are_spread_over_the_beat(world: World):
    world.current.swap(catalogue(a=shop(), b=shop()))
    world.monitor.tick()
    assert world.checks.looked == ["a"]
    world.clock.tick(5)
    world.monitor.tick()
    assert world.checks.looked == ["a", "b"]


def test_a_long_pause_is_not_caught_up_with_a_burst(world: World):
    world.rounds(1)
    world.clock.tick(1_000)
    for _ in range(5):
        world.monitor.tick()
    assert len(world.checks.looked) <= 3


def test_rounds_are_remembered_for_a_day(world: World):
    world.rounds(3, "health")
    with world.store.read() as conn:
        kept = past_rounds(conn, "shop")
    assert [each.ok for each in kept] == [False] * 3
    assert kept[0].at + timedelta(seconds=20) == kept[2].at
    assert (kept[0].availability, kept[0].latency_ms) == (0.5, 13)
    assert kept[0].findings[0] == {"check": "health", "ok": False, "ms": 12, "text": "seen"}
    world.clock.tick(86_400)
    world.rounds(1)
    with world.store.read() as conn:
        assert len(past_rounds(conn, "shop")) <= 2


def test_what_could_not_be_told_is_told_at_the_next_round(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(signals: list[Signal], sender: Sender) -> list[Outcome]:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(world.ledger, "record", broken)
    with capture_logs() as logs:
        world.rounds(2, "health")
    assert len(logs) == 1
    monkeypatch.undo()
    world.rounds(1, "health")
    assert [each.state for each in world.alerts()] == ["firing"]


def test_a_mistake_in_a_round_does_not_end_the_watch(world: World):
    def broken() -> None:
        raise ZeroDivisionError

    world.checks.during = broken
    with capture_logs():
        world.rounds(2)
    world.checks.during = lambda: None
    world.rounds(2, "health")
    assert len(world.alerts()) == 1


def test_the_thread_watches_by_itself_and_never_overlaps_rounds_of_one_service(store: Store):
    clock = SystemClock()
    ledger = Ledger(store, clock, AlertsSection, Bell(), lambda labels: "shop")
    ledger.start()
    checks = FakeChecks(clock)
    inside, most = [0], [0]
    lock = threading.Lock()

    def slow() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.15)
        with lock:
            inside[0] -= 1

    checks.during = slow
    checks.failing = {"health"}
    current = Holder(catalogue(shop=shop(monitor={"every": "50ms", "rounds": 2})))
    monitor = Monitor(store, clock, current, ledger, checks)
    monitor.start()

    def states() -> list[str]:
        with store.read() as conn:
            return [each.state for each in list_alerts(conn)]

    until(lambda: states() == ["firing"])
    checks.failing = set()
    until(lambda: states() == ["resolved"])
    monitor.stop()
    ledger.stop()
    assert most == [1]


def test_what_a_round_has_shown_is_known_to_policies_for_two_rounds(world: World):
    world.rounds(1, "health")
    looked = world.monitor.look("shop", world.current().service("shop"))
    assert looked is not None
    with world.store.read() as conn:
        assert measures.fresh(conn, "shop", world.clock.now()) == {"availability": 0.5, "latency_ms": 13}
        assert measures.fresh(conn, "shop", world.clock.now() + timedelta(seconds=21)) == {}
        assert len(past_rounds(conn, "shop")) == 2, "a look of somebody else's is remembered as well"
