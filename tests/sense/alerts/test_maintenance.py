"""Planned work: when a window covers an alert, how it comes again, what an hour that is missing does to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.store import Store
from tocsin.sense.alerts.folding_section import FoldingSection
from tocsin.sense.alerts.maintenance import Maintenance, Window
from tocsin.sense.alerts.matchers import parse_matcher
from tocsin.sense.alerts.recurrence import occurrences, read_recurrence

BERLIN = "Europe/Berlin"


@pytest.fixture
def maintenance(store: Store, clock: FrozenClock) -> Maintenance:
    return Maintenance(store, clock, Bell())


def planned(maintenance: Maintenance, clock: FrozenClock, **more: object) -> Window:
    given: dict[str, object] = {
        "title": "Database upgrade",
        "services": ["shop"],
        "starts_at": clock.now(),
        "ends_at": clock.now() + timedelta(hours=2),
        "created_by": "person:mei",
        **more,
    }
    return maintenance.put(**given)  # pyright: ignore[reportArgumentType] - as the test says


def covered(maintenance: Maintenance, service: str = "shop", **labels: str) -> list[str]:
    return [each.title for each in maintenance.covering({"alertname": "Down", **labels}, service)]


def walls(recurs: str, start: datetime, end: datetime, zone: str, days: int) -> list[str]:
    found = occurrences(recurs, start, end, zone, start - timedelta(hours=1), start + timedelta(days=days))
    return [f"{begins:%d %H:%M}-{stops:%H:%M}" for begins, stops in found]


def test_a_window_covers_the_alerts_of_its_services_while_it_lasts(
    maintenance: Maintenance, clock: FrozenClock
):
    planned(maintenance, clock, starts_at=clock.now() + timedelta(hours=1))
    assert covered(maintenance) == []
    clock.tick(3600)
    assert covered(maintenance) == ["Database upgrade"]
    assert covered(maintenance, "mail") == []
    clock.tick(3600)
    assert covered(maintenance) == [], "the moment it ends is not within it"


def test_a_window_with_matchers_is_about_what_both_mean(maintenance: Maintenance, clock: FrozenClock):
    planned(maintenance, clock, matchers=[parse_matcher('host=~"db.*"')])
    planned(maintenance, clock, title="Any", services=[], matchers=[parse_matcher('host="db1"')])
    assert sorted(covered(maintenance, host="db1")) == ["Any", "Database upgrade"]
    assert covered(maintenance, "mail", host="db1") == ["Any"]
    assert covered(maintenance, host="web1") == []


def test_a_window_that_recurs_comes_each_week_by_the_clock_on_the_wall(
    maintenance: Maintenance, clock: FrozenClock
):
    """Sundays from two to four in Berlin: at 01:00 UTC in winter, at midnight in summer."""
    start = datetime(2026, 3, 15, 1, tzinfo=UTC)
    found = walls("FREQ=WEEKLY;BYDAY=SU", start, start + timedelta(hours=2), BERLIN, 21)
    assert found == ["15 01:00-03:00", "22 01:00-03:00", "29 01:00-02:00", "05 00:00-02:00"]


def test_in_the_hour_that_is_left_out_a_window_begins_after_the_gap(clock: FrozenClock):
    """02:30 does not exist in Berlin on 29 March 2026: read with the offset before the gap it is 03:30."""
    start = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    found = walls("FREQ=DAILY", start, start + timedelta(hours=1), BERLIN, 2)
    assert found == ["28 01:30-02:30", "29 01:30-02:30", "30 00:30-01:30"]


def test_in_the_hour_that_comes_twice_a_window_begins_the_first_time(clock: FrozenClock):
    start = datetime(2026, 10, 24, 0, 30, tzinfo=UTC)
    found = walls("FREQ=DAILY", start, start + timedelta(hours=1), BERLIN, 3)
    assert found == ["24 00:30-01:30", "25 00:30-02:30", "26 01:30-02:30"]


@pytest.mark.parametrize(
    ("recurs", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=1SU", [6, 4, 1]),
        ("FREQ=MONTHLY;BYMONTHDAY=6", [6, 6, 6]),
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", [6, 8, 10]),
        ("RRULE:FREQ=DAILY;UNTIL=20260908", [6, 7, 8]),
        ("FREQ=DAILY;UNTIL=20260907T000000Z", [6]),
    ],
)
def test_rules_of_icalendar(recurs: str, days: list[int]):
    start = datetime(2026, 9, 6, 3, tzinfo=UTC)
    found = occurrences(recurs, start, start + timedelta(hours=1), "UTC", start, start + timedelta(days=86))
    assert [begins.day for begins, _ in found][: len(days)] == days


def test_a_rule_that_is_years_old_is_found_as_well():
    start = datetime(2001, 1, 1, 3, tzinfo=UTC)
    at = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
    found = list(
        occurrences("FREQ=DAILY", start, start + timedelta(hours=1), "UTC", at, at + timedelta(seconds=1))
    )
    assert [begins for begins, _ in found] == [datetime(2026, 11, 21, 3, tzinfo=UTC)]


@pytest.mark.parametrize(
    "recurs",
    ["FREQ=SECONDLY", "FREQ=HOURLY", "WEEKLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;BYHOUR=1", "FREQ=DAILY;FREQ=DAILY",
     "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;UNTIL=soon",
     "FREQ=DAILY;COUNT=x", "DTSTART:20260101"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(recurs: str):
    with pytest.raises(Invalid) as refused:
        read_recurrence(recurs, datetime(2026, 9, 6, 3, tzinfo=UTC).replace(tzinfo=None))
    assert refused.value.field == "recurs"


def test_a_time_of_a_series_is_ended_early_and_the_series_goes_on(
    maintenance: Maintenance, clock: FrozenClock
):
    window = planned(maintenance, clock, recurs="FREQ=DAILY")
    clock.tick(60)
    ended = maintenance.end(window.id, "person:jun")
    assert covered(maintenance) == []
    assert ended.state(clock.now()) == "planned"
    with pytest.raises(Conflict):
        maintenance.end(window.id, "person:jun")
    clock.tick(86_400)
    assert covered(maintenance) == ["Database upgrade"]
    assert maintenance.end(window.id, "person:jun", series=True).state(clock.now()) == "over"
    clock.tick(86_400)
    assert covered(maintenance) == []
    assert [(each.by, each.what) for each in maintenance.get(window.id).acts] == [
        ("person:mei", "created"),
        ("person:jun", "ended"),
        ("person:jun", "ended"),
    ]


def test_one_that_is_still_to_come_is_called_off(maintenance: Maintenance, clock: FrozenClock):
    window = planned(
        maintenance,
        clock,
        starts_at=clock.now() + timedelta(hours=1),
        ends_at=clock.now() + timedelta(hours=2),
    )
    maintenance.end(window.id, "person:mei")
    clock.tick(3700)
    assert covered(maintenance) == []
    with pytest.raises(Conflict):
        maintenance.end(window.id, "person:mei")


def test_a_window_is_changed_and_keeps_its_id(maintenance: Maintenance, clock: FrozenClock):
    window = planned(maintenance, clock)
    changed = planned(maintenance, clock, id=window.id, services=["mail"], created_by="person:jun")
    assert (changed.id, changed.created_by) == (window.id, "person:mei")
    assert (covered(maintenance), covered(maintenance, "mail")) == ([], ["Database upgrade"])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"services": []}, "services"),
        ({"services": [], "matchers": [parse_matcher('host!="x"')]}, "matchers"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"title": "a\0b"}, "title"),
        ({"recurs": "FREQ=SECONDLY"}, "recurs"),
        ({"recurs": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "starts_at"),
        ({"recurs": "FREQ=DAILY;UNTIL=20260101"}, "starts_at"),
    ],
)
def test_what_makes_no_sense_is_refused(
    maintenance: Maintenance, clock: FrozenClock, more: dict[str, object], field: str
):
    with pytest.raises(Invalid) as refused:
        planned(maintenance, clock, **more)
    assert refused.value.field == field


def test_a_window_lasts_a_month_at_most(maintenance: Maintenance, clock: FrozenClock):
    with pytest.raises(Invalid):
        planned(maintenance, clock, ends_at=clock.now() + timedelta(days=32))


def test_windows_of_the_configuration_are_there_and_changed_only_there(store: Store, clock: FrozenClock):
    section = FoldingSection.model_validate(
        {
            "maintenance": {
                "backup": {
                    "title": "Nightly backup",
                    "services": ["shop"],
                    "starts_at": "2026-01-01T18:00:00",
                    "lasts": "3h",
                    "recurs": "FREQ=DAILY",
                }
            }
        }
    )
    maintenance = Maintenance(store, clock, Bell(), lambda: section, lambda: "Asia/Taipei")
    assert covered(maintenance) == ["Nightly backup"], "18:30 in Taipei"
    with pytest.raises(Conflict):
        maintenance.end("config:backup", "person:mei")
    with pytest.raises(NotFound):
        maintenance.get("config:other")
    assert maintenance.get("config:backup").configured
    clock.tick(3 * 3600)
    assert covered(maintenance) == []


def test_the_calendar_shows_every_time_of_every_window_in_order(maintenance: Maintenance, clock: FrozenClock):
    planned(maintenance, clock, title="Daily", recurs="FREQ=DAILY")
    once = clock.now() + timedelta(hours=30)
    planned(maintenance, clock, title="Once", starts_at=once, ends_at=once + timedelta(hours=1))
    found = maintenance.between(clock.now(), clock.now() + timedelta(days=2, hours=1))
    assert [each.window.title for each in found] == ["Daily", "Daily", "Once", "Daily"]
