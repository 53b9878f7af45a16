"""A browser extension whose numbers go out of bounds and come back, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tocsin.configuration import Configuration
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Invalid, NotFound, Unavailable
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.sense.alerts import Alert, AlertsSection, Ledger, Outcome, Sender, Signal, list_alerts
from tocsin.sense.measures import Measures
from tocsin.sense.measures import store as values
from tocsin.sense.monitor import Monitors
from tocsin.sense.monitor.normal import learned


def configured(monitors: dict[str, Any], **more: Any) -> Configuration:
    service = {"title": "Extension", "policy": "numbers", **more}
    policy = {
        "levels": {
            "P0": {"when": ["m.error_rate >= 0.5"]},
            "P1": {"when": ["m.error_rate >= 0.2", "m.users_change <= -0.3", "m.crashes >= 10"]},
            "P2": {"when": ["m.error_rate >= 0.05"]},
            "P3": {"otherwise": True},
        }
    }
    return Configuration.model_validate(
        {
            "services": {"extension": service},
            "policies": {"numbers": policy},
            "measures": {"users_change": "against the usual"},
            "monitors": {
                name: {"service": "extension", "every": "30s", **each} for name, each in monitors.items()
            },
        }
    )


class World:
    """Monitors over what is pushed, and a hand on the clock."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store = store
        self.clock = clock
        self.current = Holder(configured({}))
        self.ledger = Ledger(store, clock, AlertsSection, Bell(), lambda labels: labels["service"])
        self.ledger.start()
        self.outbound = Outbound()
        self.restart()

    def restart(self) -> None:
        self.monitors = Monitors(
            self.store,
            self.clock,
            self.current,
            self.current,
            self.current,
            ledger=self.ledger,
            outbound=self.outbound,
        )
        self.measures = Measures(self.store, self.clock, self.monitors.expected)

    def watch(self, monitors: dict[str, Any], **more: Any) -> None:
        self.current.swap(configured(monitors, **more))
        self.monitors.tick()

    def push(self, measure: str, *found: float) -> None:
        """A value before each of so many looks."""
        for value in found:
            self.clock.tick(30)
            self.measures.push("extension", {measure: value})
            self.clock.tick(0.001)
            self.monitors.tick()

    def silence(self, looks: int) -> None:
        for _ in range(looks):
            self.clock.tick(30.001)
            self.monitors.tick()

    def value(self, measure: str) -> float:
        (found,) = [each for each in self.measures.latest("extension") if each.measure == measure]
        return found.value

    def alerts(self) -> list[Alert]:
        with self.store.read() as conn:
            return list_alerts(conn)

    def firing(self) -> list[str]:
        return sorted(each.name for each in self.alerts() if each.state == "firing")


@pytest.fixture
def world(store: Store, clock: FrozenClock) -> Iterator[World]:
    made = World(store, clock)
    yield made
    made.outbound.close()
    made.ledger.stop()


ERRORS = {"errors": {"title": "Error rate", "measure": "error_rate", "reaches": "5 %", "blind_after": "none"}}


def test_a_breach_of_p1_is_an_alert_and_one_of_p2_is_only_shown(world: World):
    world.watch(ERRORS)
    world.push("error_rate", 0.01, 0.07, 0.07, 0.07)
    assert world.alerts() == []
    (stands,) = world.monitors.standings().values()
    assert (stands.state, stands.level, stands.told, stands.value) == ("breached", "P2", False, 0.07)
    begun = stands.since
    world.push("error_rate", 0.21)
    (alert,) = world.alerts()
    assert (alert.name, alert.service, alert.source) == ("Error rate", "extension", "monitor")
    assert (alert.value, alert.starts_at) == (0.21, begun)
    assert alert.annotations == {
        "summary": "Extension: Error rate is 0.21, which reaches 0.05",
        "error_rate": "0.21",
    }
    world.push("error_rate", 0.6)
    assert world.alerts()[0].annotations["error_rate"] == "0.6", "what it says follows, and so does its level"
    world.push("error_rate", 0.07, 0.07)
    assert world.firing() == ["Error rate"], "it has begun, so it goes on until it is over"


def test_one_value_is_a_blip_and_the_band_below_the_bound_ends_nothing(world: World):
    world.watch(ERRORS)
    world.push("error_rate", 0.3, 0.01, 0.3, 0.01)
    assert world.firing() == []
    world.push("error_rate", 0.3, 0.3)
    assert world.firing() == ["Error rate"]
    world.push("error_rate", *[0.047] * 6)
    assert world.firing() == ["Error rate"], "4.7 % is less than the bound, but not a tenth less"
    world.push("error_rate", 0.04, 0.04, 0.047, 0.04, 0.04)
    assert world.firing() == ["Error rate"]
    world.push("error_rate", 0.04)
    assert world.firing() == []


def test_what_flaps_has_to_be_calm_for_longer_each_time(world: World):
    world.watch(ERRORS)

    def looks_to_calm() -> int:
        world.push("error_rate", 0.3, 0.3)
        assert world.firing() == ["Error rate"]
        looks = 0
        while world.firing():
            world.push("error_rate", 0.0)
            looks += 1
        return looks

    assert [looks_to_calm() for _ in range(4)] == [3, 6, 12, 24]
    world.push("error_rate", *[0.0] * 125)
    assert looks_to_calm() == 3, "an hour later it is forgotten"


def test_a_restart_changes_nothing(world: World):
    world.watch(ERRORS)
    world.push("error_rate", 0.3)
    world.restart()
    world.monitors.tick()
    world.push("error_rate", 0.3)
    assert world.firing() == ["Error rate"]
    world.push("error_rate", 0.0, 0.0)
    world.restart()
    world.monitors.tick()
    world.push("error_rate", 0.0)
    assert world.firing() == []


def test_a_monitor_that_is_gone_leaves_no_alert(world: World):
    world.watch(ERRORS)
    world.push("error_rate", 0.3, 0.3)
    world.watch({})
    assert world.firing() == []
    assert world.monitors.standings() == {}
    with pytest.raises(NotFound):
        world.monitors.monitor("errors")


USERS = {
    "users": {"title": "Active users", "measure": "users", "falls_by": "30 %", "blind_after": "2m"},
}


def test_thirty_percent_fewer_users_than_usual(world: World):
    world.watch(USERS)
    world.push("users", 10, 1000, 10, 1000)
    assert world.firing() == [], "nobody is woken by a guess"
    world.push("users", *[1000] * 45)
    world.push("users", *[701] * 4)
    assert world.firing() == []
    world.push("users", 699, 699)
    (alert,) = [each for each in world.alerts() if each.state == "firing"]
    assert alert.annotations == {
        "summary": "Extension: Active users is 699, 30.1 % less than the usual 1000",
        "users": "699",
        "users_change": "-0.301",
        "users_ratio": "0.699",
    }
    world.push("users", *[690] * 60)
    (stands,) = world.monitors.standings().values()
    assert stands.normal == 1000, "an outage does not become what is usual"
    assert stands.state == "breached"


def test_a_given_normal_value_and_that_of_the_baseline_need_no_learning(world: World):
    world.watch(
        {
            "slow": {"measure": "latency_ms", "times": 5, "opens_from": "P3", "rounds": 1},
            "users": {**USERS["users"], "normal": 100, "rounds": 1},
        },
        baseline={"latency_ms": 50},
    )
    world.push("users", 70)
    assert world.firing() == ["Active users"]
    world.clock.tick(30)
    world.measures.push("extension", {"latency_ms": 250, "users": 99})
    world.clock.tick(15)
    world.monitors.tick()
    assert world.firing() == ["Active users", "latency ms"]
    assert world.value("latency_ratio") == 5


def test_the_same_hour_of_other_days_is_what_is_usual(world: World):
    now = world.clock.now().replace(minute=0, second=0, microsecond=0)
    with world.store.read() as conn:
        assert values.hours(conn, "extension", "users") == []

    def fill(conn: values.Connection) -> None:
        for day in range(1, 5):
            for hour in range(24):
                at = now - timedelta(days=day, hours=hour)
                quiet = at.hour != now.hour
                row = {"service": "extension", "series": "users", "hour": at, "median": 5 if quiet else 2000}
                conn.execute(values.measure_hour.insert().values(row))

    world.store.write(fill)
    world.watch(USERS)
    world.push("users", 5)
    (stands,) = world.monitors.standings().values()
    assert stands.normal == 5, "of three hours of the day, two were quiet"


def test_what_is_usual_is_worked_out_again_after_ten_minutes_or_with_a_new_configuration(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    asked: list[float | None] = []

    def counted(*told: Any) -> float | None:
        asked.append(learned(*told))
        return asked[-1]

    monkeypatch.setattr("tocsin.sense.monitor.monitors.learned", counted)
    world.watch(USERS)
    world.push("users", *[1000] * 45)
    guesses = asked.count(None)
    assert asked[guesses:] == [1000] * (len(asked) - guesses), (
        "at first each look may be the one that is enough"
    )
    known = len(asked)
    assert 1 <= known - guesses <= 3, "45 looks are 22 minutes"
    world.watch(USERS, baseline={"latency_ms": 50})
    world.push("users", 1000, 1000)
    assert len(asked) == known + 1


def test_ten_crashes_within_an_hour(world: World):
    crashes = {"measure": "crashes", "reads": "events", "window": "1h", "reaches": 10, "rounds": 1, "calm": 1}
    world.watch({"crashes": {"title": "Crashes", **crashes}})
    world.push("crashes", 3, 3, 3)
    assert world.firing() == []
    assert world.value("crashes") == 9
    world.push("crashes", 1)
    assert world.firing() == ["Crashes"]
    world.silence(115)
    assert world.firing() == ["Crashes"], "all ten are within the hour still"
    world.silence(3)
    assert world.firing() == []


def test_a_counter_is_judged_by_its_growth_and_may_begin_anew(world: World):
    counter = {"measure": "crashes", "reads": "counter", "window": "10m", "reaches": 10, "rounds": 1}
    world.watch({"crashes": {"title": "Crashes", **counter}})
    world.push("crashes", 5000, 5003, 5009)
    assert world.value("crashes") == 9
    world.push("crashes", 2)
    assert world.firing() == ["Crashes"], "9, and 2 since it began anew"


def test_who_measures_nothing_any_more_is_told(world: World):
    world.watch(USERS)
    world.silence(10)
    assert world.alerts() == [], "who never was heard is not missed"
    world.push("users", 1000)
    world.silence(3)
    assert world.firing() == []
    world.silence(3)
    (alert,) = world.alerts()
    assert (alert.name, alert.labels["severity"]) == ("Active users is not measured", "warning")
    (stands,) = world.monitors.standings().values()
    assert (stands.state, stands.problem) == ("blind", "nothing has been pushed")
    world.push("users", 1000)
    assert world.firing() == []


def test_what_could_not_be_told_is_told_at_the_next_look(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(signals: list[Signal], sender: Sender) -> list[Outcome]:
        raise Unavailable("the disk is full")

    world.watch(ERRORS)
    world.push("error_rate", 0.3)
    monkeypatch.setattr(world.ledger, "record", broken)
    with capture_logs() as logs:
        world.push("error_rate", 0.3)
    assert [each["log_level"] for each in logs] == ["warning"]
    monkeypatch.undo()
    world.push("error_rate", 0.3)
    assert world.firing() == ["Error rate"]


def test_what_nobody_waits_for_is_refused(world: World):
    world.watch(ERRORS)
    with pytest.raises(Invalid, match="no monitor waits for eror_rate of extension"):
        world.measures.push("extension", {"eror_rate": 1})
    with pytest.raises(Invalid, match="of no service"):
        world.measures.push("", {"error_rate": 1})
    assert world.measures.latest("extension") == []


def test_values_are_remembered_by_the_hour_and_for_a_day(world: World):
    world.watch(ERRORS)
    world.push("error_rate", *[0.01] * 130)
    with world.store.read() as conn:
        assert [median for _, median in values.hours(conn, "extension", "error_rate")] == [0.01]
    points = world.measures.points("extension", "error_rate", world.clock.now() - timedelta(days=1))
    assert len(points) == 130
    world.clock.tick(2 * 86_400)
    world.monitors.tick()
    world.push("error_rate", 0.02)
    points = world.measures.points("extension", "error_rate", world.clock.now() - timedelta(days=9))
    assert [each.value for each in points] == [0.02]
