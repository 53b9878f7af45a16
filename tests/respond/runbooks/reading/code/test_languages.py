"""The language of a block, also as people misspell it."""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.code.languages import KINDS, is_known, meant


@pytest.mark.parametrize(
    ("written", "likely"),
    [("bsh", "bash"), ("bahs", "bash"), ("shel", "shell"), ("slq", "sql"), ("cosole", "console")],
)
def test_a_misspelt_language_is_told_by_its_likeness(written: str, likely: str):
    assert meant(written) == likely


@pytest.mark.parametrize(
    "written", ["bash", "python", "bat", "fish", "csh", "promql", "x", "", "go", "hcl", "a" * 99]
)
def test_another_language_is_not_taken_for_a_misspelt_one(written: str):
    assert meant(written) is None


def test_what_runs_and_what_is_read_are_told_apart():
    assert KINDS["azurecli-interactive"] == "bash"
    assert is_known("promql")
    assert "promql" not in KINDS
