"""Times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.ground.i18n import ago, calendar, countdown, exact, same_day, span, until

NOW = datetime(2026, 11, 21, 10, 30, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (-30, "just now", "剛剛"),
        (4, "just now", "剛剛"),
        (5, "5 s ago", "5 秒前"),
        (240, "4 min ago", "4 分鐘前"),
        (7_300, "2 h ago", "2 小時前"),
        (200_000, "2 d ago", "2 天前"),
    ],
)
def test_how_long_ago(seconds: int, english: str, chinese: str):
    at = NOW - timedelta(seconds=seconds)
    assert ago("en", at, NOW) == english
    assert ago("zh_Hant", at, NOW) == chinese


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"), [(-9, "now", "現在"), (300, "in 5 min", "5 分鐘後")]
)
def test_how_soon(seconds: int, english: str, chinese: str):
    at = NOW + timedelta(seconds=seconds)
    assert until("en", at, NOW) == english
    assert until("zh_Hant", at, NOW) == chinese


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (0.42, "0.4 s", "0.4 秒"),
        (90, "1 min 30 s", "1 分 30 秒"),
        (3_600, "1 h", "1 小時"),
        (3_605, "1 h", "1 小時"),
        (187_200, "2 d 4 h", "2 天 4 小時"),
    ],
)
def test_a_length_of_time_in_its_two_largest_units(seconds: float, english: str, chinese: str):
    assert span("en", seconds) == english
    assert span("zh_Hant", seconds) == chinese


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [(1_146, "19:06"), (7_500, "2:05:00"), (0.4, "0:00"), (-65, "−1:05"), (-0.2, "0:00")],
)
def test_a_countdown_in_digits(seconds: float, digits: str):
    assert countdown(seconds) == digits


def test_the_exact_moment_in_the_readers_zone():
    assert exact("en", NOW, "Asia/Taipei") == "21 Nov 2026, 18:30:08 (Asia/Taipei)"
    assert exact("zh_Hant", NOW, "Asia/Taipei") == "2026 年 11 月 21 日 18:30:08 (Asia/Taipei)"
    assert exact("en", NOW, "Nowhere/Land") == "21 Nov 2026, 10:30:08 (UTC)"


def test_a_day_near_enough_to_be_named():
    assert calendar("en", NOW, "Asia/Taipei") == "Sat 21 Nov, 18:30"
    assert calendar("zh_Hant", NOW, "Asia/Taipei") == "11 月 21 日（六）18:30"


def test_a_day_is_that_of_the_place():
    late = NOW.replace(hour=15, minute=59)
    assert same_day(NOW, late, "Asia/Taipei")
    assert not same_day(NOW, late + timedelta(minutes=1), "Asia/Taipei")
    assert same_day(NOW, late + timedelta(minutes=1), "UTC")
