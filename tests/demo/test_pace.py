"""Waits are divided by ten, time-outs are not, and both are said."""

from __future__ import annotations

from pathlib import Path

from demo.attempts import attempts
from demo.pace import Pace, waits

CONFIG = Path(__file__).resolve().parents[2] / "demo" / "config"
RUNBOOK = (CONFIG / "runbooks" / "recommendation-down.md").read_text()


def test_waits_of_the_runbook_become_a_tenth_and_timeouts_stay() -> None:
    quick = Pace(by=10).quicken("Timeout: 20s\nWait: 30s\n")
    assert quick == "Timeout: 20s\nWait: 3s\n"


def test_keys_of_the_configuration_become_a_tenth() -> None:
    quick = Pace(by=10).quicken("      every: 30s\n    soak: 5m\n      - {rounds: 2}\n    after: 5m\n")
    assert quick == "      every: 3s\n    soak: 30s\n      - {rounds: 2}\n    after: 30s\n"


def test_in_real_time_nothing_changes_in_meaning() -> None:
    assert Pace(by=1).quicken("Wait: 90s\n") == "Wait: 90s\n"


def test_a_divided_wait_is_told_as_such() -> None:
    assert Pace(by=10).tell("30s") == "3 s (30 s ÷ 10)"
    assert Pace(by=10).tell("5m") == "30 s (5 min ÷ 10)"
    assert Pace(by=1).tell("5m") == "5 min"


def test_the_runbook_has_three_attempts_and_an_option() -> None:
    climbed = attempts(RUNBOOK)
    assert [each.title.partition(":")[0] for each in climbed] == [
        "Attempt 1",
        "Attempt 2",
        "Attempt 3",
        "Option A",
    ]
    assert [each.commands for each in climbed] == [1, 3, 3, 1]
    assert [each.wait for each in climbed] == ["30s", "60s", "90s", "30s"]


def test_every_wait_of_the_configuration_is_found() -> None:
    settings = (CONFIG / "tocsin.yaml").read_text()
    assert waits(settings, "every") == ["30s"]
    assert waits(settings, "soak") == ["5m"]
    assert waits(settings, "restore") == ["30m", "1h"]
