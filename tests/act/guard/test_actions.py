"""What would this action do?"""

from __future__ import annotations

import pytest

from tocsin.act.guard import action_level


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("docker.logs", "read"),
        ("docker.restart", "change"),
        ("kubernetes.delete", "destroy"),
        ("x", "change"),
    ],
)
def test_the_last_word_decides(name: str, level: str) -> None:
    assert action_level(name).level == level
