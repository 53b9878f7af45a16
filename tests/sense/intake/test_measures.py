"""Numbers that somebody measured elsewhere, on their way to a monitor."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tocsin.sense.measures.measures import RAW


def push(intake: Any, told: Any, key: str = "measures") -> Any:
    return intake.send(
        "POST", f"/in/in_{key}/measures", json.dumps(told).encode(), {"Content-Type": "application/json"}
    )


def kept(intake: Any, measure: str) -> list[float]:
    since = intake.clock.now() - timedelta(days=1)
    return [each.value for each in intake.rooms.measures.points("shop", measure + RAW, since)]


def test_what_is_pushed_waits_for_its_monitor(intake: Any):
    heard = push(intake, {"service": "shop", "measures": {"users": 812, "error_rate": 0.01}})
    assert (heard.status, heard.json) == (202, {"status": "accepted", "values": 2})
    earlier = intake.clock.now() - timedelta(minutes=10)
    several = [
        {"service": "shop", "at": earlier.isoformat(), "measures": {"users": 800}},
        {"service": "shop", "at": (earlier + timedelta(minutes=1)).isoformat(), "measures": {"users": 805}},
    ]
    assert push(intake, several).json["values"] == 2
    assert kept(intake, "users") == [800, 805, 812]
    assert kept(intake, "error_rate") == [0.01]
    assert push(intake, several).status == 202
    assert kept(intake, "users") == [800, 805, 812], "sent again it is the same"
    assert intake.alerts() == []


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"service": "shop", "measures": {"eror_rate": 1}}, "measures"),
        (
            [{"service": "shop", "measures": {"users": 1}}, {"service": "bar", "measures": {"users": 1}}],
            "measures",
        ),
        ({"service": "shop", "measures": {"users": "many"}}, "measures.users"),
        ({"service": "shop", "measures": {"users": True}}, "measures.users"),
        ({"service": "shop", "measures": {}}, "measures"),
        ({"service": "shop"}, "measures"),
        ([7], "measures"),
        ({"service": "shop", "at": "yesterday", "measures": {"users": 1}}, "at"),
        ({"service": "shop", "at": "2020-01-01T00:00:00Z", "measures": {"users": 1}}, "at"),
        ({"service": "shop", "at": "2026-01-01T00:00:00", "measures": {"users": 1}}, "at"),
    ],
)
def test_what_nobody_waits_for_is_refused_whole(intake: Any, told: Any, field: str):
    heard = push(intake, told)
    assert heard.status == 422
    assert heard.json["error"]["field"] == field
    assert kept(intake, "users") == []


def test_a_key_of_a_service_speaks_of_that_one_alone(intake: Any):
    intake.keys["in_own"] = type(intake.keys["in_measures"])(
        id="key_own", kind="measures", name="own", service="shop", created_at=intake.clock.now()
    )
    assert push(intake, {"service": "other", "measures": {"users": 5}}, key="own").status == 202
    assert kept(intake, "users") == [5]
