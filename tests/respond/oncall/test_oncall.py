"""Who is called now, until when, and who then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.ground.kernel.errors import NotFound


def test_now_tells_every_schedule(desk):
    # It is Saturday 21 November 2026, 18:30 in Taipei.
    backend, nights = desk.oncall.now()
    assert (backend.schedule, backend.person, backend.next_person) == ("backend", "mei", "jun")
    assert backend.until == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert (nights.person, nights.next_person) == (None, "ana")
    assert nights.until == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    assert nights.time_zone == "Asia/Taipei"


def test_who_answers_for_any_instant(desk):
    assert desk.oncall.who("backend") == "mei"
    assert desk.oncall.who("backend", desk.clock.now() + timedelta(days=7)) == "jun"
    with pytest.raises(NotFound, match="no schedule weekend"):
        desk.oncall.who("weekend")


@pytest.mark.parametrize(
    ("targets", "people"),
    [
        (["schedule:backend"], ["mei"]),
        (["schedule:nights"], []),
        (["person:jun", "team:backend"], ["jun", "mei", "ana"]),
        (["everybody"], ["mei", "jun", "ana", "bot"]),
        (["person:gone", "team:gone", "schedule:gone"], []),
    ],
)
def test_targets_mean_people_each_once(desk, targets: list[str], people: list[str]):
    assert desk.oncall.people(targets) == people
