"""How long is left, as a bar, digits and a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.faces.web.clock_view import clock_views, most_pressing
from tocsin.respond.incidents import IncidentClock

START = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def clock(
    name: str = "assess", *, met: float | None = None, state: str = "running", minutes: float = 10
) -> IncidentClock:
    due = START + timedelta(minutes=minutes)
    return IncidentClock(
        incident="INC-2026-0001",
        name=name,
        started_at=START,
        due_at=due,
        warn_at=START + timedelta(minutes=minutes) * 0.8,
        state=state,
        met_at=None if met is None else START + timedelta(minutes=met),
    )


@pytest.mark.parametrize(
    ("minutes", "given", "state", "tone", "share"),
    [
        (0, clock(), "running", "", 0),
        (5, clock(), "running", "", 50),
        (8, clock(), "warned", "warn", 80),
        (10, clock(), "missed", "crit", 100),
        (5, clock(state="missed"), "missed", "crit", 50),
        (20, clock(met=4, state="met"), "met", "ok", 40),
        (20, clock(met=12, state="missed"), "late", "crit", 100),
        (0, clock(minutes=0), "missed", "crit", 100),
    ],
)
def test_a_clock_has_a_state_a_tone_and_a_share(
    minutes: float, given: IncidentClock, state: str, tone: str, share: int
):
    [view] = clock_views([given], START + timedelta(minutes=minutes))
    assert (view.state, view.tone, view.share) == (state, tone, share)


def test_the_most_pressing_is_the_open_one_that_is_due_first():
    clocks = [clock("restore", minutes=30), clock("assess", met=1, state="met"), clock("report", minutes=20)]
    found = most_pressing(clocks, START)
    assert found
    assert found.name == "report"
    assert most_pressing([clock(met=1, state="met")], START) is None
