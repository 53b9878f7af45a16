"""Which lines say more about a step?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.labels import code_span, label_of


@pytest.mark.parametrize(
    ("line", "label", "value"),
    [
        ("Expect: `exit == 0`", "expect", "`exit == 0`"),
        ("**Wait:** 30s", "wait", "30s"),
        ("- Timeout: 2m", "timeout", "2m"),
        ("預期：回應 200", "expect", "回應 200"),
        ("等待: 30 秒", "wait", "30 秒"),
        ("Needs approval: approver", "approve", "approver"),
        ("Done when: `exit == 0`", "done_when", "`exit == 0`"),
        ("On: db", "on", "db"),
        ("條件：備用環境可用", "condition", "備用環境可用"),
        ("**負責人**: 當班", "owner", "當班"),
    ],
)
def test_a_label_begins_a_line(line: str, label: str, value: str) -> None:
    found = label_of(line, 7)

    assert found is not None
    assert (found.label, found.value, found.line) == (label, value, 7)


@pytest.mark.parametrize(
    "line", ["We expect it to answer", "https://example.com", "Note: nothing", "", ": x", "12:30"]
)
def test_other_lines_are_no_labels(line: str) -> None:
    assert label_of(line, 1) is None


@pytest.mark.parametrize(
    ("value", "inside"),
    [("`exit == 0`", "exit == 0"), ("``a ` b``", "a ` b"), ("`a` and `b`", None), ("words", None), ("`", None),
     ("`ok`.", "ok")],
)  # fmt: skip
def test_a_condition_is_one_code_span(value: str, inside: str | None) -> None:
    assert code_span(value) == inside
