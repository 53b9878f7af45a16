"""Mistakes in `schedules:` and `escalations:`, each named with its cure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.respond.oncall.conftest import TEAM, Configuration

from tocsin.respond.oncall import Escalation, OncallSection


def problems(**changes: Any) -> list[tuple[str, str, str]]:
    whole = Configuration.model_validate(TEAM | changes)
    found = OncallSection.cross_check(whole)
    return [(".".join(str(part) for part in each.path), each.message, each.fix) for each in found]


def test_a_team_as_it_should_be_has_no_problems():
    assert problems() == []


def test_a_name_that_leads_nowhere_is_named_with_the_nearest():
    assert problems(
        schedules={"backend": {"layers": [{"people": ["mie"], "start": "2026-01-05T09:00"}]}}
    ) == [
        ("schedules.backend.layers.0.people.0", "there is no person mie", "did you mean mei?"),
    ]
    steps = [{"page": ["schedule:backnd", "person:jun", "team:backend", "everybody"]}]
    assert problems(escalations={"backend": {"steps": steps}}) == [
        ("escalations.backend.steps.0.page.0", "there is no schedule backnd", "did you mean backend?"),
    ]
    assert problems(services={"shop": {"title": "Shop", "escalation": "bakcend"}}) == [
        ("services.shop.escalation", "there is no escalation bakcend", "did you mean backend?"),
    ]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"steps": []}, "at least 1"),
        ({"steps": [{"page": []}]}, "at least 1"),
        ({"steps": [{"page": ["mei"]}]}, "person:NAME"),
        ({"steps": [{"page": ["group:mei"]}]}, "person:NAME"),
        (
            {"steps": [{"page": ["person:mei"], "after": "5m"}, {"page": ["person:jun"], "after": "5m"}]},
            "not later",
        ),
        ({"steps": [{"page": ["person:mei"]}], "repeat": 21}, "20"),
        ({"steps": [{"page": ["person:mei"], "after": "5m"}], "every": "5m"}, "longer than"),
        ({"steps": [{"page": ["person:mei"], "after": "soon"}]}, "not a duration"),
    ],
)
def test_an_escalation_that_cannot_be_is_refused(values: dict[str, Any], wrong: str):
    with pytest.raises(ValidationError, match=wrong):
        Escalation.model_validate(values)


def test_a_round_lasts_until_the_last_step_had_its_time():
    def length(*afters: str, **values: Any) -> timedelta:
        steps = [{"page": ["everybody"], "after": after} for after in afters]
        found = Escalation.model_validate({"steps": steps, **values})
        return found.round(found.steps)

    assert length("0") == timedelta(minutes=5)
    assert length("0", "5m") == timedelta(minutes=10)
    assert length("0", "5m", "20m") == timedelta(minutes=35)
    assert length("0", "5m", every="1h") == timedelta(hours=1)


def test_targets_beyond_people_are_checked_too_also_in_routes():
    steps = [{"page": ["lead:backnd", "title:architect", "channel:hok", "service:lead", "role:commander"]}]
    routed = {"routes": [{"steps": [{"page": ["lead:lonely"]}]}], "steps": [{"page": ["everybody"]}]}
    found = problems(
        teams=TEAM["teams"] | {"lonely": {}},
        escalations={"backend": {"steps": steps}, "other": routed},
        services={"shop": {"escalation": "backend"}},
    )
    assert found == [
        ("escalations.backend.steps.0.page.0", "there is no team backnd", "did you mean backend?"),
        (
            "escalations.backend.steps.0.page.1",
            "nobody has the title architect",
            "add architect under people: NAME: title:",
        ),
        ("escalations.backend.steps.0.page.2", "there is no channel hok", "did you mean hook?"),
        (
            "escalations.other.routes.0.steps.0.page.0",
            "the team lonely has no lead",
            "give it one: teams: lonely: lead:",
        ),
        (
            "services.shop.escalation",
            "backend pages the team of the service, and shop has none",
            "say under services: which team owns shop",
        ),
    ]
