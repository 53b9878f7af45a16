"""What would this Redis command do?"""

from __future__ import annotations

import pytest

from tocsin.act.guard import redis_level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("PING", "read"),
        ("INFO memory", "read"),
        ("config get maxmemory", "read"),
        ("CONFIG SET maxmemory 1gb", "change"),
        ("SET a 1", "change"),
        ("DEL a", "destroy"),
        ("FLUSHALL ASYNC", "destroy"),
        ("# a comment\nGET a\nFLUSHDB", "destroy"),
        ("NEWCOMMAND x", "change"),
        ("", "read"),
    ],
)
def test_the_name_decides(text: str, level: str) -> None:
    assert redis_level(text).level == level


def test_monitor_never_ends() -> None:
    assert redis_level("MONITOR").streams
