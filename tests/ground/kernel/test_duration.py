"""How long is it? What people write, and what is no length of time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.ground.kernel.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("250ms", 0.25), (" 2 w ", 1_209_600), ("90", 90), (1.5, 1.5), ("0s", 0)],
)
def test_what_people_write(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "15 minuts", "-3s", -1, "9" * 400 + "d", float("inf"), float("nan"), "3651d", 10**30, True],
)
def test_what_is_no_length_of_time(text):
    with pytest.raises(ValueError, match="is not a duration; write "):
        parse_duration(text)


def test_it_is_written_as_it_is_read():
    assert format_duration(5400) == "1h30m"
    assert format_duration(timedelta(0)) == "0s"
