"""Which text do these bytes hold, and in which language?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.text import LARGEST, decode, language_of


def test_line_ends_become_one_kind() -> None:
    assert decode(b"a\r\nb\rc\n") == ("a\nb\nc\n", [])


def test_marks_of_order_are_understood() -> None:
    assert decode("\ufeffrestart".encode())[0] == "restart"
    assert decode("\ufeff重啟".encode("utf-16-le"))[0] == "重啟"


@pytest.mark.parametrize(
    ("data", "rule"), [(b"a\nb\xff", "encoding"), (b"a\0b", "binary"), (b"a" * (LARGEST + 1), "too-large")]
)
def test_what_is_wrong_with_bytes_is_told(data: bytes, rule: str) -> None:
    _, findings = decode(data)

    assert [finding.rule for finding in findings] == [rule]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Restart the service", "en"),
        ("重新啟動服務並檢查紀錄", "zh-Hant"),
        ("重新启动服务并检查记录", "zh-Hans"),
        ("", "en"),
        ("Restart the service, also called 服務, and look at the log", "en"),
    ],
)
def test_the_language_is_that_of_most_words(text: str, language: str) -> None:
    assert language_of(text) == language
