"""Whatever a file holds, it is linted: nothing is raised, and every finding stands on a line of the file."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nasty import Nasty, broken, documents

from tocsin.respond.runbooks.lint import Surroundings, lint, rules
from tocsin.respond.runbooks.lint.alerts import alert_rules
from tocsin.respond.runbooks.reader import read

hurried = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
AROUND = Surroundings(now=datetime(2026, 11, 21, tzinfo=UTC))


def _is_linted(data: bytes) -> None:
    document = read("any.md", data)
    findings = lint(document, data, AROUND)

    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    assert all(1 <= each.line <= lines for each in findings)
    assert {each.rule for each in findings} <= set(rules())
    assert {each.rule for each in document.findings} <= set(rules()), (
        "every finding of the reader has its rule"
    )
    assert findings == sorted(findings, key=lambda each: each.line)
    assert lint(document, data, AROUND) == findings, "said once, said again"


@hurried
@given(st.binary(max_size=600))
def test_any_bytes_are_linted(data: bytes) -> None:
    document = read("any.md", data)
    assert {each.rule for each in lint(document, data, AROUND)} <= set(rules())


@hurried
@given(broken())
def test_any_mixture_of_marks_is_linted(text: str) -> None:
    _is_linted(text.encode("utf-8", "replace"))


@hurried
@given(documents())
def test_any_document_is_linted(nasty: Nasty) -> None:
    _is_linted(nasty.text.encode("utf-8", "replace"))


@hurried
@given(st.binary(max_size=300))
def test_any_bytes_hold_some_alert_rules_or_none(data: bytes) -> None:
    assert alert_rules(data) == ()
    assert alert_rules(b"groups: alert\n" + data) == ()
