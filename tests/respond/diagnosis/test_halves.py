"""A log is parted at the moment when the trouble began, by the times in its own lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.respond.diagnosis.halves import part

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "since"),
    [
        ("2026-11-21T09:59:59.120Z old", "2026-11-21T10:00:00.000001Z new"),
        ("2026-11-21 09:59:59,120 old", "2026-11-21 10:00:00,120 new"),
        ("2026-11-21T17:59:59+08:00 old", "2026-11-21T18:00:01+0800 new"),
        ('{"ts":"2026-11-21T09:59:59Z","m":"old"}', '{"ts":"2026-11-21T10:00:01Z","m":"new"}'),
        ("api-1  | 2026-11-21T09:59:59.123456789Z old", "api-1  | 2026-11-21T10:00:59.123456789Z new"),
        (
            '203.0.113.9 - - [21/Nov/2026:09:59:59 +0000] "GET /old" 200',
            '203.0.113.9 - - [21/Nov/2026:18:00:01 +0800] "GET /new" 502',
        ),
    ],
)
def test_times_are_read_as_servers_write_them(before: str, since: str):
    halves = part(f"{before}\n{since}", TEN)
    assert halves is not None
    assert (halves.before, halves.since) == (before, since)


def test_a_stack_trace_stays_with_the_line_that_it_belongs_to():
    text = "2026-11-21T09:59:00Z calm\n  at a()\n2026-11-21T10:01:00Z ERROR\nTraceback\n  at b()"
    halves = part(text, TEN)
    assert halves is not None
    assert halves.before.splitlines() == ["2026-11-21T09:59:00Z calm", "  at a()"]
    assert halves.since.splitlines() == ["2026-11-21T10:01:00Z ERROR", "Traceback", "  at b()"]
    assert (halves.before_s, halves.since_s) == (60, 60)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no times\nat all",
        "2026-11-21T10:00:01Z only\n2026-11-21T10:00:02Z since",
        "2026-11-21T09:00:01Z only\n2026-11-21T09:00:02Z before",
        "9999-99-99T99:99:99Z digits\n2026-11-21T10:00:02Z that are none",
        "2026-11-21T09:00:01Z one\n" + "plain\n" * 50 + "2026-11-21T10:00:02Z two",
    ],
)
def test_what_cannot_be_compared_is_not_parted(text: str):
    assert part(text, TEN) is None
