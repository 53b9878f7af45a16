"""Holidays by country, by part of one, and by day."""

from __future__ import annotations

from datetime import date

import pytest

from tocsin.respond.oncall.holidays import checked, days_of, is_holiday, names


def test_a_country_a_part_of_one_and_a_day_of_the_team():
    assert is_holiday(("TW",), date(2026, 2, 17))
    assert not is_holiday(("TW",), date(2026, 2, 24))
    assert is_holiday(("DE-BY",), date(2026, 1, 6))
    assert not is_holiday(("DE",), date(2026, 1, 6))
    assert is_holiday(("DE", "2026-12-24"), date(2026, 12, 24))
    assert days_of(("2026-12-24",), 2027) == frozenset()


def test_holidays_have_names_and_those_of_the_team_have_none():
    found = names(("TW", "2026-12-31", "2026-10-10"), 2026)
    assert found[date(2026, 10, 10)] == "National Day"
    assert found[date(2026, 12, 31)] == ""


@pytest.mark.parametrize("text", ["TW", "US-CA", "2026-12-24"])
def test_what_can_be_read_stays_as_it_is(text: str):
    assert checked(text) == text


@pytest.mark.parametrize("text", ["", "tw", "XX", "DE-QQ", "2026-13-01", "Christmas", "2026-12-24T00:00"])
def test_what_is_no_country_and_no_day_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match="like TW"):
        checked(text)
