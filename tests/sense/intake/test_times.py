"""Times as senders write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.intake.times import BEYOND, NO_ZONE, parse_time


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright cannot count


@pytest.mark.parametrize(
    ("text", "moment", "flags"),
    [
        ("2026-11-21T09:00:36.418Z", utc(2026, 11, 21, 9, 0, 36, 418_000), set()),
        ("2026-11-21T09:06:56.218170121Z", utc(2026, 11, 21, 9, 6, 56, 218_170), set()),
        ("2026-11-21T17:00:00+08:00", utc(2026, 11, 21, 9), set()),
        ("2026-11-21t09:00:00z", utc(2026, 11, 21, 9), set()),
        ("2026-11-21 09:00:00Z", utc(2026, 11, 21, 9), set()),
        ("2026-11-21T09:00:00", utc(2026, 11, 21, 9), {NO_ZONE}),
        ("2026-12-31T23:59:60Z", utc(2026, 12, 31, 23, 59, 59), set()),
        ("2038-01-19T03:14:08Z", utc(2038, 1, 19, 3, 14, 8), set()),
        ("9999-12-31T23:59:59Z", utc(9999, 12, 31, 23, 59, 59), set()),
        ("9999-12-31T23:59:59-01:00", None, {BEYOND}),
        ("0001-01-01T00:00:00Z", None, set()),
        ("10000-01-01T00:00:00Z", None, {BEYOND}),
        ("-0044-03-15T00:00:00Z", None, {BEYOND}),
    ],
)
def test_a_time_is_understood(text: str, moment: datetime | None, flags: set[str]):
    found: set[str] = set()
    assert parse_time(text, "startsAt", found) == moment
    assert found == flags


@pytest.mark.parametrize(
    "text",
    ["2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T09:00:00+25:00", "2026-W01-1", "2026-11-21",
     "yesterday", "", "1763716800", "2026-11-21T09:00:61Z", "２０２６-11-21T09:00:00Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(Invalid, match="no time"):
        parse_time(text, "startsAt", set())


@pytest.mark.parametrize(
    "value", [1_795_251_600, 1_795_251_600_000, 1_795_251_600.0, "1795251600", "1795251600000"]
)
def test_an_epoch_is_seconds_or_milliseconds(value: str | float):
    assert parse_time(value, "starts_at", set(), epochs=True) == utc(2026, 11, 21, 9)


def test_an_epoch_beyond_the_calendar_is_not_believed():
    flags: set[str] = set()
    assert parse_time(10.0**17, "starts_at", flags, epochs=True) is None
    assert flags == {BEYOND}
