"""Steps by hour, day and severity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.respond.oncall.conftest import TEAM, Desk

from tocsin.respond.oncall import Escalation, routes


def policy(**values: Any) -> Escalation:
    return Escalation.model_validate(
        {
            "time_zone": "Asia/Taipei",
            "holidays": ["TW"],
            "routes": [
                {"title": "Critical", "severities": ["P0"], "steps": [{"page": ["everybody"]}]},
                {"title": "Holidays", "holidays": "only", "steps": [{"page": ["team:backend"]}]},
                {
                    "title": "Business hours",
                    "hours": ["mon-fri 09:00-18:00"],
                    "holidays": "except",
                    "steps": [{"page": ["person:ana"]}],
                },
                {"title": "Night", "hours": ["22:00-06:00"], "steps": [{"page": ["person:jun"]}]},
            ],
            "steps": [{"page": ["schedule:backend"]}],
            **values,
        }
    )


@pytest.mark.parametrize(
    ("now", "severity", "route"),
    [
        ("2026-11-20T08:59", "P1", None),
        ("2026-11-20T09:00", "P1", "Business hours"),
        ("2026-11-20T17:59", "P1", "Business hours"),
        ("2026-11-20T18:00", "P1", None),
        ("2026-11-20T23:00", "P1", "Night"),
        ("2026-11-21T05:59", "P1", "Night"),  # of the night before
        ("2026-11-21T12:00", "P1", None),  # a Saturday
        ("2026-11-20T12:00", "P0", "Critical"),
        ("2026-10-09T12:00", "P1", "Holidays"),  # a Friday off, for the National Day on Saturday
    ],
)
def test_the_first_route_that_fits_gives_the_steps(now: str, severity: str, route: str | None):
    at = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("Asia/Taipei")).astimezone(UTC)
    found, steps = routes.choose(policy(), severity=severity, at=at, zone=ZoneInfo("UTC"))
    assert (found.title if found else None) == route
    assert steps == (found.steps if found else policy().steps)


def test_without_a_zone_of_its_own_a_policy_has_that_of_the_installation():
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    found, _ = routes.choose(policy(time_zone=None), severity="P1", at=at, zone=ZoneInfo("Asia/Taipei"))
    assert found is not None
    assert found.title == "Business hours"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"holidays": []}, "say whose"),
        ({"acknowledge_for": "59s"}, "at least 1m"),
        ({"routes": [{"hours": ["sometimes"], "steps": [{"page": ["everybody"]}]}]}, "are no hours"),
        ({"routes": [{"steps": []}]}, "at least 1"),
        ({"every": "1m", "routes": [{"steps": [{"page": ["everybody"], "after": "2m"}]}]}, "longer than"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(values: dict[str, Any], wrong: str):
    with pytest.raises(ValueError, match=wrong):
        policy(**values)


def test_an_escalation_keeps_the_route_that_it_took_when_the_hours_end(make_desk: Callable[..., Desk]):
    desk = make_desk(
        escalations={
            "backend": {
                "routes": [
                    {
                        "title": "Until seven",
                        "hours": ["09:00-19:00"],
                        "steps": [{"page": ["person:ana"]}, {"page": ["person:jun"], "after": "1h"}],
                    }
                ],
                "steps": [{"page": ["person:mei"]}],
            }
        }
    )
    assert [page.person for page in desk.open()] == ["ana"]
    assert desk.told()[:2] == [
        "Escalation backend started, steps: 2",
        "Escalation backend takes its steps for: Until seven",
    ]
    desk.later(3_600)  # 19:30
    assert desk.paged() == [(1, 1, "ana", "mail"), (1, 2, "jun", "mail")]


def test_an_escalation_keeps_its_steps_when_the_policy_is_changed_meanwhile(desk: Desk):
    desk.open()
    desk.configuration = desk.configuration.model_validate(
        TEAM | {"escalations": {"backend": {"steps": [{"page": ["person:ana"]}]}}}
    )
    desk.later(301)
    assert {person for _, step, person, _ in desk.paged() if step == 2} == {"mei", "jun", "ana"}
