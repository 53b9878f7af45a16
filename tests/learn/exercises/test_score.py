"""What is noticed, taken on and put right counts against the time that there was for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.learn.exercises.score import Mark, score
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.store import IncidentClock

BROKEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOTICED = BROKEN + timedelta(seconds=40)
INCIDENT = Incident(
    id="INC-2026-0001",
    title="The shop answers nothing",
    service="shop",
    severity="P0",
    state="resolved",
    source="monitor",
    policy="default",
    rule={},
    started_at=BROKEN,
    detected_at=NOTICED,
    acknowledged_at=NOTICED + timedelta(seconds=100),
    acknowledged_by="person:mei",
    mitigated_at=NOTICED + timedelta(seconds=700),
    soak_until=None,
    resolved_at=NOTICED + timedelta(seconds=1_600),
    closed_at=None,
    updated_at=NOTICED,
)


def clock(name: str, minutes: int) -> IncidentClock:
    due = NOTICED + timedelta(minutes=minutes)
    return IncidentClock(
        incident=INCIDENT.id,
        name=name,
        started_at=NOTICED,
        due_at=due,
        warn_at=due,
        state="running",
        met_at=None,
    )


CLOCKS = (clock("assess", 5), clock("restore", 10), clock("report", 1))


def test_each_mark_has_its_time_and_what_was_allowed() -> None:
    assert score(BROKEN, 60.0, INCIDENT, CLOCKS) == (
        Mark(name="detect", took_s=40.0, allowed_s=60.0, ok=True),
        Mark(name="acknowledge", took_s=100.0, allowed_s=300.0, ok=True),
        Mark(name="restore", took_s=700.0, allowed_s=600.0, ok=False),
    )


def test_what_nobody_noticed_holds_in_nothing() -> None:
    assert [(mark.took_s, mark.ok) for mark in score(BROKEN, 60.0, None, ())] == [(None, False)] * 3


def test_what_is_back_before_anybody_had_to_have_it_needed_nobody() -> None:
    alone = replace(INCIDENT, acknowledged_at=None, mitigated_at=NOTICED + timedelta(seconds=90))
    assert [mark.ok for mark in score(BROKEN, 60.0, alone, CLOCKS)] == [True, True, True]
    slow = replace(INCIDENT, acknowledged_at=None, mitigated_at=NOTICED + timedelta(seconds=301))
    assert [mark.ok for mark in score(BROKEN, 60.0, slow, CLOCKS)] == [True, False, True]


def test_without_a_clock_there_is_no_limit() -> None:
    assert [mark.allowed_s for mark in score(BROKEN, 60.0, INCIDENT, ())] == [60.0, None, None]
    assert all(mark.ok for mark in score(BROKEN, 60.0, INCIDENT, ()))
