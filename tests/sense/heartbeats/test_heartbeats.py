"""Jobs that report, that fail, that fall silent, and a Tocsin that is not always there to listen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from tocsin.ground.accounts import Key
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.sense.alerts import Alert, AlertsSection, Ledger, Sender, Signal, list_alerts
from tocsin.sense.heartbeats import Heartbeat, Heartbeats, HeartbeatSection, Ping

NIGHTLY = {
    "period": "1h",
    "grace": "10m",
    "service": "shop",
    "severity": "high",
    "labels": {"team": "backend"},
}
MINUTE, HOUR = 60, 3_600


def section(**heartbeats: Any) -> HeartbeatSection:
    return HeartbeatSection.model_validate({"heartbeats": heartbeats})


class World:
    """A store, a ledger, and jobs that report; time passes while Tocsin listens, or while it does not."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store = store
        self.clock = clock
        self.bell = Bell()
        self.current = Holder(section(backup=NIGHTLY))
        self.catalogue = Holder(CatalogueSection.model_validate({"services": {"shop": {}}}))
        self.ledger = Ledger(store, clock, AlertsSection, self.bell, lambda labels: labels.get("service", ""))
        self.ledger.start()
        self.beats = self.started()
        self.key = Key(id="key_1", kind="heartbeat", name="jobs", service=None, created_at=clock.now())

    def started(self) -> Heartbeats:
        made = Heartbeats(self.store, self.clock, self.ledger, self.bell, self.current, self.catalogue)
        made.tick()
        return made

    def listen(self, seconds: float) -> None:
        """Time passes while we listen."""
        while seconds > 0:
            step = min(seconds, 9.0)
            self.clock.tick(step)
            self.beats.tick()
            seconds -= step

    def ping(self, kind: Any = "success", slug: str = "backup", **more: Any) -> Heartbeat:
        heard = self.beats.ping_slug(self.key, slug, Ping(kind=kind, at=self.clock.now(), **more))
        self.beats.tick()
        return heard.heartbeat

    def state(self, slug: str = "backup") -> str:
        return self.beats.get(slug).state(self.clock.now())

    def alerts(self) -> list[Alert]:
        with self.store.read() as conn:
            return list_alerts(conn)

    @property
    def alert(self) -> Alert:
        (only,) = self.alerts()
        return only


@pytest.fixture
def world(store: Store, clock: FrozenClock) -> Iterator[World]:
    made = World(store, clock)
    yield made
    made.ledger.stop()


# Signs of life


def test_a_job_that_reports_each_hour_is_up_and_makes_no_alert(world: World):
    assert world.state() == "new"
    for _ in range(4):
        world.ping()
        assert world.state() == "up"
        world.listen(HOUR)
    assert world.alerts() == []


def test_a_job_that_falls_silent_is_late_then_down_and_its_next_report_ends_the_alert(world: World):
    world.ping(body="copied 3 files")
    world.listen(HOUR + MINUTE)
    assert world.state() == "late"
    assert world.alerts() == []
    world.listen(9 * MINUTE)
    assert world.state() == "down"
    assert (world.alert.state, world.alert.service, world.alert.source) == ("firing", "shop", "heartbeat")
    assert world.alert.labels == {
        "alertname": "Heartbeat backup", "heartbeat": "backup", "service": "shop", "severity": "high",
        "team": "backend", "trouble": "missing",
    }  # fmt: skip
    assert world.alert.annotations["summary"] == "backup has not reported for 1 h 10 min"
    assert world.alert.annotations["due_at"] == "2026-11-21T11:30:00Z"
    assert "output" not in world.alert.annotations, "what it said when it was well is no clue"
    world.listen(HOUR)
    world.ping()
    assert (world.state(), world.alert.state) == ("up", "resolved")


def test_a_job_that_was_never_heard_is_new_and_waited_for_without_an_alert(world: World):
    world.listen(5 * HOUR)
    assert (world.state(), world.alerts()) == ("new", [])


def test_a_failure_is_an_alert_at_once_with_the_output_and_the_status(world: World):
    world.ping("fail", exit_status=3, body="disk full")
    assert world.alert.annotations["summary"] == "backup failed with exit status 3"
    assert (world.alert.annotations["output"], world.alert.annotations["exit_status"]) == ("disk full", "3")
    world.ping("fail", body="disk still full")
    assert world.alert.annotations["summary"] == "backup reported a failure"
    assert world.alert.annotations["output"] == "disk still full"
    assert world.alert.episode == 1
    world.ping()
    assert world.alert.state == "resolved"


def test_a_failed_job_that_also_falls_silent_stays_one_alert(world: World):
    world.ping("fail")
    world.listen(3 * HOUR)
    assert (world.alert.episode, world.alert.labels["trouble"]) == (1, "failed")


def test_a_note_changes_nothing_and_is_kept(world: World):
    world.ping("fail")
    world.ping("log", body="trying once more")
    assert (world.state(), world.alert.state) == ("down", "firing")
    assert [each.ping.body for each in world.beats.pings("backup")] == ["trying once more", ""]


def test_the_alert_speaks_the_language_of_the_house(world: World):
    world.catalogue.swap(CatalogueSection.model_validate({"language": "zh-TW", "services": {"shop": {}}}))
    world.ping("fail", exit_status=3)
    assert world.alert.annotations["summary"] == "backup 失敗，結束狀態為 3"


# Runs


def test_a_start_and_its_end_are_a_run_with_a_duration(world: World):
    world.ping("start", rid="r1")
    assert world.state() == "started"
    world.listen(5 * MINUTE)
    assert world.ping(rid="r1").last_duration == timedelta(minutes=5)
    assert world.state() == "up"
    assert [each.duration for each in world.beats.pings("backup")] == [timedelta(minutes=5), None]


def test_runs_that_overlap_are_told_apart_by_their_rid(world: World):
    world.ping("start", rid="r1")
    world.listen(MINUTE)
    world.ping("start", rid="r2")
    world.listen(MINUTE)
    assert world.ping(rid="r1").last_duration == timedelta(minutes=2)
    assert world.state() == "started"
    world.listen(9 * MINUTE)
    assert world.alert.labels["trouble"] == "overrun", "the second never ended"
    assert world.alert.annotations["summary"] == "backup began 10 min ago and has not ended"


def test_an_end_without_a_rid_ends_whatever_runs(world: World):
    world.ping("start", rid="r1")
    world.ping("start")
    world.ping()
    assert world.state() == "up"


def test_a_start_that_arrives_after_its_end_begins_nothing(world: World):
    world.ping(rid="r1")
    world.ping("start", rid="r1")
    assert world.state() == "up"
    world.listen(20 * MINUTE)
    assert world.alerts() == []


def test_a_run_may_take_as_long_as_the_configuration_says(world: World):
    world.current.swap(section(backup=NIGHTLY | {"max_runtime": "30m"}))
    world.beats.tick()
    world.ping("start")
    world.listen(29 * MINUTE)
    assert world.alerts() == []
    world.listen(2 * MINUTE)
    assert world.alert.labels["trouble"] == "overrun"
    world.ping()
    assert world.alert.state == "resolved"


def test_a_job_that_starts_a_thousand_runs_and_ends_none_is_held_in_bounds(world: World):
    for each in range(60):
        world.beats.ping_slug(world.key, "backup", Ping(kind="start", at=world.clock.now(), rid=f"r{each}"))
    assert len(world.beats.get("backup").running) == 20


# When it is due


def test_a_cron_expression_is_read_in_its_time_zone(world: World):
    world.current.swap(section(report={"cron": "0 4 * * *", "time_zone": "Asia/Taipei"}))
    world.beats.tick()
    world.ping(slug="report")
    assert world.beats.get("report").due_at == datetime(2026, 11, 21, 20, tzinfo=UTC)


def test_a_change_of_clocks_moves_what_is_due_with_the_wall_clock(store: Store):
    clock = FrozenClock(datetime(2026, 10, 24, 12, tzinfo=UTC))
    world = World(store, clock)
    world.current.swap(section(report={"cron": "0 4 * * *", "time_zone": "Europe/Berlin"}))
    world.beats.tick()
    assert world.ping(slug="report").due_at == datetime(2026, 10, 25, 3, tzinfo=UTC), "winter time begins"
    world.ledger.stop()


@pytest.mark.parametrize("cron", ["61 * * * *", "* * *", "0 0 30 2 *", "x" * 200, ""])
def test_a_cron_expression_that_never_comes_true_is_refused_with_the_form_that_is_wanted(cron: str):
    with pytest.raises(ValueError, match=r"cron expression|never comes true"):
        section(report={"cron": cron})


def test_a_job_has_a_period_or_a_cron_expression_and_not_both():
    with pytest.raises(ValueError, match="either"):
        section(report={"cron": "0 4 * * *", "period": "1h"})


def test_a_job_of_an_unknown_service_is_a_mistake_with_a_cure():
    class Whole(HeartbeatSection, CatalogueSection):
        pass

    whole = Whole.model_validate({"services": {"shop": {}}, "heartbeats": {"backup": {"service": "shpo"}}})
    (problem,) = HeartbeatSection.cross_check(whole)
    assert (problem.path, problem.fix) == (("heartbeats", "backup", "service"), "did you mean shop?")


# The configuration


def test_an_address_outlives_a_reload_and_an_absence(world: World):
    before = world.beats.get("backup")
    world.ping()
    world.current.swap(section(backup=NIGHTLY | {"name": "Nightly backup"}))
    world.beats.tick()
    after = world.beats.get("backup")
    assert (after.uuid, after.name, after.due_at) == (
        before.uuid,
        "Nightly backup",
        world.clock.now() + timedelta(hours=1),
    )
    world.current.swap(section())
    world.beats.tick()
    with pytest.raises(NotFound):
        world.beats.ping(before.uuid, Ping(kind="success", at=world.clock.now()))
    world.listen(5 * HOUR)
    world.current.swap(section(backup=NIGHTLY))
    world.beats.tick()
    assert world.beats.get("backup").uuid == before.uuid
    world.listen(HOUR)
    assert world.alerts() == [], "it is not blamed for the time in which nobody asked for it"
    world.listen(11 * MINUTE)
    assert world.alert.state == "firing"


def test_an_alert_ends_when_its_job_leaves_the_configuration(world: World):
    world.ping("fail")
    world.current.swap(section())
    world.beats.tick()
    assert world.alert.state == "resolved"
    assert world.beats.list() == []


def test_a_shorter_period_does_not_make_a_job_late_after_the_event(world: World):
    world.ping()
    world.listen(50 * MINUTE)
    world.current.swap(section(backup=NIGHTLY | {"period": "5m"}))
    world.listen(14 * MINUTE)
    assert world.alerts() == []
    world.listen(3 * MINUTE)
    assert world.alert.labels["trouble"] == "missing"


# By hand


def test_a_heartbeat_is_made_paused_resumed_and_removed_by_hand(world: World):
    settings = section(x={"period": "5m", "grace": "1m"}).heartbeats["x"]
    made = world.beats.add("sync", settings)
    assert uuid.UUID(made.uuid).version == 4
    world.beats.ping(made.uuid.upper(), Ping(kind="fail", at=world.clock.now()))
    world.beats.tick()
    assert world.alert.state == "firing"
    world.beats.pause("sync")
    world.beats.tick()
    assert (world.state("sync"), world.alert.state) == ("paused", "resolved")
    world.listen(HOUR)
    assert world.alert.state == "resolved"
    world.beats.resume(made.id)
    world.listen(7 * MINUTE)
    assert (world.alert.state, world.alert.episode) == ("firing", 2)
    world.beats.remove(made.uuid)
    assert world.alert.state == "resolved"
    with pytest.raises(NotFound):
        world.beats.get("sync")


def test_a_report_wakes_a_job_that_was_paused_for_work(world: World):
    world.beats.pause("backup")
    world.ping("start")
    assert world.state() == "paused"
    world.ping()
    assert world.state() == "up"


def test_a_name_is_taken_once_and_a_job_of_the_configuration_is_removed_there(world: World):
    settings = section(x={}).heartbeats["x"]
    with pytest.raises(Conflict):
        world.beats.add("backup", settings)
    with pytest.raises(Conflict):
        world.beats.remove("backup")
    with pytest.raises(Invalid):
        world.beats.add("other", section(x={"service": "nowhere"}).heartbeats["x"])


def test_a_slug_that_two_heartbeats_have_is_ambiguous(world: World):
    settings = section(x={}).heartbeats["x"]
    made = world.beats.ping_slug(world.key, "sync", Ping(kind="success", at=world.clock.now()), settings)
    assert made.made
    assert not world.beats.ping_slug(world.key, "sync", Ping(kind="log", at=world.clock.now()), settings).made
    world.current.swap(section(sync={}))
    world.beats.tick()
    with pytest.raises(Conflict):
        world.ping(slug="sync")


def test_one_key_does_not_ping_what_another_has_made(world: World):
    settings = section(x={}).heartbeats["x"]
    world.beats.ping_slug(world.key, "sync", Ping(kind="success", at=world.clock.now()), settings)
    other = Key(id="key_2", kind="heartbeat", name="other", service="shop", created_at=world.clock.now())
    with pytest.raises(NotFound):
        world.beats.ping_slug(other, "sync", Ping(kind="fail", at=world.clock.now()))
    made = world.beats.ping_slug(other, "sync", Ping(kind="fail", at=world.clock.now()), settings)
    assert (made.made, made.heartbeat.service) == (True, "shop")


def test_a_key_of_one_service_pings_no_job_of_another(world: World):
    world.current.swap(section(backup=NIGHTLY, other={"period": "1h"}))
    world.beats.tick()
    shop = Key(id="key_2", kind="heartbeat", name="shop", service="shop", created_at=world.clock.now())
    ping = Ping(kind="success", at=world.clock.now())
    assert world.beats.ping_slug(shop, "backup", ping).heartbeat.service == "shop"
    with pytest.raises(NotFound):
        world.beats.ping_slug(shop, "other", ping)


def test_only_the_last_hundred_reports_are_kept_and_all_of_them_count(world: World):
    for each in range(130):
        world.beats.ping_slug(world.key, "backup", Ping(kind="log", at=world.clock.now(), body=str(each)))
    kept = world.beats.pings("backup")
    assert [kept[0].ping.body, kept[-1].ping.body, len(kept)] == ["129", "30", 100]
    assert world.beats.get("backup").pings == 130


# When Tocsin is not there to listen


def test_a_job_that_fell_due_while_tocsin_was_down_has_one_grace_after_the_start(world: World):
    world.ping()
    world.clock.tick(30 * HOUR)
    world.beats = world.started()
    world.listen(9 * MINUTE)
    assert world.alerts() == [], "it may have reported to a closed door"
    world.listen(2 * MINUTE)
    assert world.alert.labels["trouble"] == "missing"


def test_a_run_that_may_have_ended_while_tocsin_was_down_has_one_grace_after_the_start(world: World):
    world.ping("start", rid="r1")
    world.clock.tick(30 * HOUR)
    world.beats = world.started()
    world.listen(9 * MINUTE)
    assert world.alerts() == []
    world.listen(2 * MINUTE)
    assert world.alert.labels["trouble"] == "overrun"


def test_what_falls_due_after_a_restart_is_not_excused_by_it(world: World):
    world.ping()
    world.listen(55 * MINUTE)
    world.beats = world.started()
    world.listen(14 * MINUTE)
    assert world.alerts() == []
    world.listen(2 * MINUTE)
    assert world.alert.labels["trouble"] == "missing"


def test_a_process_that_stood_still_gives_one_grace(world: World):
    world.ping()
    world.listen(HOUR)
    world.clock.tick(20 * MINUTE)
    world.listen(9 * MINUTE)
    assert world.alerts() == []
    world.listen(2 * MINUTE)
    assert world.alert.labels["trouble"] == "missing"


def test_a_machine_that_stalls_again_and_again_still_pages(world: World):
    world.ping()
    for _ in range(20):
        world.listen(5 * MINUTE)
        world.clock.tick(15)
        world.beats.tick()
    assert world.alert.labels["trouble"] == "missing"


def test_a_clock_that_jumps_ahead_fires_nothing_that_then_reports(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    world.ping()
    world.listen(9)
    ahead = timedelta(hours=6)
    now = world.clock.now
    monkeypatch.setattr(world.clock, "now", lambda: now() + ahead)
    world.listen(9 * MINUTE)
    assert world.alerts() == []
    world.ping()
    world.listen(30 * MINUTE)
    assert world.alerts() == []


def test_a_clock_that_is_set_back_does_not_put_off_what_is_due(world: World, monkeypatch: pytest.MonkeyPatch):
    world.ping()
    world.listen(9)
    now = world.clock.now
    monkeypatch.setattr(world.clock, "now", lambda: now() - timedelta(days=3))
    world.listen(HOUR + 11 * MINUTE)
    assert world.alert.labels["trouble"] == "missing"


def test_a_report_that_could_not_be_written_is_an_excuse(world: World, monkeypatch: pytest.MonkeyPatch):
    world.ping()
    world.listen(HOUR + 5 * MINUTE)

    def away(job: Callable[[Connection], Any]) -> Any:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(world.store, "write", away)
        with pytest.raises(Unavailable):
            world.ping()
    world.listen(9 * MINUTE)
    assert world.alerts() == []


def test_trouble_that_the_ledger_could_not_take_is_told_when_it_can(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def away(signals: list[Signal], sender: Sender) -> Any:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(world.ledger, "record", away)
        heard = world.beats.ping_slug(world.key, "backup", Ping(kind="fail", at=world.clock.now()))
        assert heard.heartbeat.trouble == "failed", "the report is on disk"
        with pytest.raises(Unavailable):
            world.beats.tick()
    world.beats = world.started()
    assert world.alert.state == "firing"


def test_what_changes_while_it_is_being_told_is_told_again(world: World, monkeypatch: pytest.MonkeyPatch):
    """Another process takes the report that all is well while this one still says that it failed."""
    world.beats.ping_slug(world.key, "backup", Ping(kind="fail", at=world.clock.now()))
    record = world.ledger.record
    overtaken: list[int] = []

    def slowly(signals: list[Signal], sender: Sender) -> Any:
        if not overtaken:
            overtaken.append(1)
            other = Heartbeats(world.store, world.clock, world.ledger, Bell(), world.current, world.catalogue)
            other.ping_slug(world.key, "backup", Ping(kind="success", at=world.clock.now()))
            other.tick()
        return record(signals, sender)

    monkeypatch.setattr(world.ledger, "record", slowly)
    world.beats.tick()
    assert world.alert.state == "resolved"


def test_many_jobs_fall_silent_at_once_and_each_is_told(world: World):
    settings = section(x={"period": "5m", "grace": "1m"}).heartbeats["x"]
    for each in range(60):
        world.beats.ping_slug(world.key, f"job-{each}", Ping(kind="success", at=world.clock.now()), settings)
    world.listen(6 * MINUTE + 9)
    with world.store.read() as conn:
        told = list_alerts(conn, limit=200)
    assert {each.labels["heartbeat"] for each in told} == {f"job-{each}" for each in range(60)}
