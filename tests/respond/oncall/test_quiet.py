"""Quiet hours: which of them hold a page back, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tocsin.respond.oncall import Quiet, quiet

TAIPEI, BERLIN = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def end(*hours: Quiet, now: str, severity: str = "P1", zone: ZoneInfo = TAIPEI) -> str | None:
    found = quiet.until(hours, severity, at(now, zone), zone)
    return None if found is None else found.astimezone(zone).strftime("%a %H:%M")


NIGHT = Quiet(hours="22:00-07:00")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-21T21:59:59", None),
        ("2026-11-21T22:00:00", "Sun 07:00"),
        ("2026-11-22T00:00:00", "Sun 07:00"),
        ("2026-11-22T06:59:59", "Sun 07:00"),
        ("2026-11-22T07:00:00", None),
    ],
)
def test_a_night_begins_with_its_first_minute_and_ends_before_its_last(now: str, expected: str | None):
    assert end(NIGHT, now=now) == expected


def test_hours_that_meet_are_one():
    weekend = Quiet(hours="sat,sun")
    evening = Quiet(hours="mon-fri 20:00-24:00")
    morning = Quiet(hours="mon-fri 00:00-08:00")
    assert end(weekend, evening, morning, now="2026-11-20T21:00:00") == "Mon 08:00"


def test_hours_count_for_the_severities_that_they_name():
    some = Quiet(hours="22:00-07:00", severities=("P2", "P3"))
    assert end(some, now="2026-11-21T23:00:00") is None
    assert end(some, now="2026-11-21T23:00:00", severity="P2") == "Sun 07:00"


def test_the_night_in_which_clocks_go_back_is_longer_and_ends_by_the_clock_on_the_wall():
    now = at("2026-10-24T22:30:00", BERLIN)
    until = quiet.until([NIGHT], "P1", now, BERLIN)
    assert until is not None
    assert until.astimezone(BERLIN).isoformat() == "2026-10-25T07:00:00+01:00"
    assert (until - now).total_seconds() == 9.5 * 3_600


def test_where_one_digests_and_one_waits_the_page_goes_into_the_digest():
    both = [NIGHT, Quiet(hours="sat,sun", then="digest")]
    found = quiet.holding(both, "P1", at("2026-11-21T23:00:00"), TAIPEI)
    assert found is not None
    assert found.then == "digest"
    assert quiet.holding(both, "P1", at("2026-11-20T12:00:00"), TAIPEI) is None


def test_hours_that_never_end_hold_nothing_back_and_are_known_as_such():
    always = Quiet(hours="00:00-24:00")
    assert end(always, now="2026-11-21T23:00:00") is None
    assert quiet.is_endless([always])
    assert quiet.is_endless([Quiet(hours="08:00-20:00"), Quiet(hours="20:00-08:00", severities=("P1",))])
    assert not quiet.is_endless([NIGHT, Quiet(hours="07:00-22:00", severities=())][:1])
    assert not quiet.is_endless([Quiet(hours="mon-sun 00:00-23:59")])
