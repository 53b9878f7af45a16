"""How long is a duration that a person wrote?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.amounts import seconds, watch_seconds


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30s", 30.0),
        ("1h30m", 5400.0),
        ("`2m`", 120.0),
        ("30 seconds", 30.0),
        ("about 5 minutes", 300.0),
        ("2 分鐘", 120.0),
        ("等 90 秒", 90.0),
        ("5-10 分鐘", 600.0),
        ("1 hour 30 minutes", 5400.0),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_a_value_is_read(text: str, wanted: float | None) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("Monitor for 15 minutes after the repair.", 900.0),
        ("Watch the error rate for at least 1 hour.", 3600.0),
        ("觀察 15 分鐘", 900.0),
        ("持續監控：在接下來的 30 分鐘內", 1800.0),
        ("The monitor is red.", None),
        ("It takes 15 minutes.", None),
    ],
)
def test_a_sentence_says_how_long_to_watch(sentence: str, wanted: float | None) -> None:
    assert watch_seconds(sentence) == wanted
