"""The cases that stand beside a policy prove it, and the examples' policies prove themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.configuration import load
from tocsin.sense.severity import Policy, run_cases

EXAMPLES = Path(__file__).parents[3] / "examples"
LEVELS = {"P0": {"when": ["m.availability < 0.5"]}, "P3": {"otherwise": True}}


def test_a_case_that_does_not_hold_is_told_with_what_came_out() -> None:
    policy = Policy.model_validate(
        {
            "levels": LEVELS,
            "cases": [
                {"name": "as a measure", "m": {"availability": 0.4}, "expect": "P0"},
                {"name": "as a label", "alert": {"labels": {"availability": 0.4}}, "expect": "P0"},
                {"name": "wrong", "alert": {"annotations": {"availability": "60 %"}}, "expect": "P0"},
            ],
        }
    )
    assert [(result.case.name, result.decision.level, result.ok) for result in run_cases(policy)] == [
        ("as a measure", "P0", True),
        ("as a label", "P0", True),
        ("wrong", "P3", False),
    ]


@pytest.mark.parametrize(("example", "least"), [("recommendation", 15), ("extension", 24)])
def test_the_policies_of_the_examples_hold(example: str, least: int) -> None:
    loaded = load(EXAMPLES / example)
    assert loaded.problems == ()
    configuration = loaded.required()
    results = run_cases(configuration.policy(example), configuration.services)
    assert [result.case.name for result in results if not result.ok] == []
    assert len(results) >= least
    assert {result.decision.level for result in results} >= {"P0", "P1", "P2"}
