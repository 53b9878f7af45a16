"""What a room is called, whatever the title of the incident is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.incidents.war_room.name import LONGEST, numbered, plain_name, room_name

AT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Checkout is broken", "incident-20261121-checkout-is-broken"),
        ("  HTTP 500s, on /v1/reco & more!  ", "incident-20261121-http-500s-on-v1-reco-more"),
        ("推薦服務完全無法使用", "incident-20261121-推薦服務完全無法使用"),
        ("推薦延遲 > 5s（東京）", "incident-20261121-推薦延遲-5s-東京"),
        ("ＡＰＩ　逾時", "incident-20261121-api-逾時"),
        ("Café ÜBERLASTET", "incident-20261121-café-überlastet"),
        ("!!! ???", "incident-20261121"),
        ("", "incident-20261121"),
    ],
)
def test_from_the_title_and_the_day(title: str, name: str):
    assert room_name(title, AT, "UTC") == name


def test_the_day_is_that_of_the_calendar_on_the_wall():
    assert room_name("x", AT, "Asia/Taipei") == "incident-20261122-x"


def test_a_long_title_ends_with_a_word():
    name = room_name("the recommendation service answers every request " * 3, AT, "UTC")
    assert name == "incident-20261121-the-recommendation-service-answers-every-request-the"
    assert len(room_name("很" * 200, AT, "UTC")) == LONGEST - 4, "nobody writes spaces in Chinese"


def test_the_plain_name_is_ascii():
    assert plain_name("推薦", "INC-2026-0001", AT, "UTC") == "incident-20261121-inc-2026-0001"
    assert plain_name("shop", "INC-2026-0001", AT, "UTC") == "incident-20261121-shop-inc-2026-0001"


@given(st.text(max_size=300), st.integers(1, 99))
def test_whatever_the_title_slack_takes_the_name(title: str, number: int):
    name = numbered(room_name(title, AT, "UTC"), number)
    assert 0 < len(name) <= LONGEST
    assert all(each.isalnum() or each == "-" for each in name)
    assert name == name.lower()
