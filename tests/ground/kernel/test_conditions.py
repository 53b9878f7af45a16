"""Conditions: checked with line and caret when they load, never raising when they run."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ground.kernel.conditions import (
    ALERT,
    OUTCOME,
    BadCondition,
    Environment,
    Verdict,
    compile_condition,
    problems,
)
from tocsin.ground.kernel.errors import Invalid


def ask(condition: str, environment: Environment = ALERT, /, **values: Any) -> Verdict:
    return compile_condition(condition, environment).evaluate(values)


@pytest.mark.parametrize(
    ("text", "values", "true"),
    [
        ("m.error_rate >= 0.5", {"m": {"error_rate": 0.5}}, True),
        ("m.error_rate >= 0.5", {"m": {"error_rate": 0.4999}}, False),
        ("m.users > 1000", {"m": {"users": 1001}}, True),
        ("m.users > 1000", {"m": {"users": 1000.0}}, False),
        ("m.users * 2.0 > 10.0", {"m": {"users": 6}}, True),
        ("-m.users < 0", {"m": {"users": 6}}, True),
        ("q.all_users && !q.core", {"q": {"all_users": True, "core": False}}, True),
        ('alert.labels.severity == "critical"', {"alert": {"labels": {"severity": "critical"}}}, True),
        ('alert.labels["x-y"] == "1"', {"alert": {"labels": {"x-y": 1}}}, True),
        ('"team" in alert.labels', {"alert": {"labels": {}}}, False),
        ('service.tier == "core"', {"service": {"tier": "core"}}, True),
        (r'text.matches(r"(?i)\bcore\b")', {"text": "The Core is down"}, True),
        (r'text.matches(r"(?i)\bcore\b")', {"text": "the score"}, False),
        ('text.contains("資料庫")', {"text": "資料庫連線失敗"}, True),
        ('text.lowerAscii().startsWith("shop")', {"text": "SHOP"}, True),
        (
            'alert.starts_at.getHours("Asia/Taipei") == 18',
            {"alert": {"starts_at": datetime(2026, 11, 21, 10, 30, tzinfo=UTC)}},
            True,
        ),
        ("alert.value > 5", {"alert": {"value": 5.5}}, True),
    ],
)
def test_what_is_known_of_an_alert(text: str, values: dict[str, Any], true: bool) -> None:
    assert ask(text, **values).true is true


@pytest.mark.parametrize(
    ("text", "values", "true"),
    [
        ("status == 200 && ms < 500", {"status": 200, "ms": 20.5}, True),
        ("status == 200 && ms < 500", {"status": 200, "ms": 500}, False),
        ("exit == 0", {"exit": 0}, True),
        ("json.count > 5", {"json": {"count": 6}}, True),
        ("json.count > 5", {"json": {"count": 5.5}}, True),
        ("json.count > 5.5", {"json": {"count": 6}}, True),
        ("json.count == 6.0", {"json": {"count": 6}}, True),
        ("json.items.all(each, each.score > 0)", {"json": {"items": [{"score": 1}, {"score": 0.5}]}}, True),
        ("json == null", {"json": None}, True),
        ("json.big > 1", {"json": {"big": 2**70}}, True),
        ("size(rows) == 0", {"rows": []}, True),
        ("rows[0].n >= 3", {"rows": [{"n": 3}]}, True),
        ('!stdout.contains("ERROR")', {"stdout": "fine"}, True),
        ('headers["content-type"].startsWith("text/")', {"headers": {"content-type": "text/html"}}, True),
        ("value < 0.6", {"value": 0.5}, True),
    ],
)
def test_what_came_out_of_a_step(text: str, values: dict[str, Any], true: bool) -> None:
    assert ask(text, OUTCOME, **values).true is true


def test_the_values_that_were_looked_at_are_told() -> None:
    verdict = ask(
        'm.users > 1000 && alert.labels.severity == "critical"',
        m={"users": 1500, "error_rate": 0.1},
        alert={"labels": {"severity": "critical", "job": "shop"}},
    )
    assert verdict == Verdict(true=True, values={"m.users": 1500, "alert.labels.severity": "critical"})


@pytest.mark.parametrize("value", [None, True, "0.7", float("nan"), float("inf"), [0.7], 10**400])
def test_a_measure_without_a_number_is_not_measured_and_never_true(value: Any) -> None:
    for text in (
        "m.error_rate >= 0.5",
        "m.error_rate < 0.5",
        "!(m.error_rate >= 0.5)",
        "true || m.error_rate > 0.0",
    ):
        verdict = ask(text, m={"error_rate": value})
        assert (verdict.true, verdict.unmeasured) == (False, ("m.error_rate",))


def test_each_measure_that_is_wanting_is_named_also_beside_one_that_is_true() -> None:
    verdict = ask("m.users > 1 || m.crashes > 1 || q.core", m={"users": 5})
    assert verdict.true is False
    assert verdict.unmeasured == ("m.crashes", "q.core")
    assert verdict.values == {"m.users": 5}
    assert verdict.why == "not measured: m.crashes, q.core"


@pytest.mark.parametrize(
    ("text", "values", "why"),
    [
        ("json.count > 5", {"json": {}}, 'there is no "count"'),
        ("json.a.b.c == 1", {"json": {"a": {"b": 3}}}, "a field is asked of something that has no fields"),
        ("json[3] == 1", {"json": [1]}, "the list is shorter than that"),
        ("rows[0].n == 1", {"rows": []}, "the list is shorter than that"),
        ("json.count > 5", {"json": {"count": "6"}}, "the values do not fit together: string > int"),
        ("json", {"json": {"a": 1}}, "the condition is a list or map, neither true nor false"),
        ("exit / 0 == 1", {"exit": 1}, "divide by zero"),
        ("status == 200", {}, "not measured: status"),
        ("status == 200", {"status": None}, "not measured: status"),
        ("int(stdout) > 1", {"stdout": "many"}, "cannot convert string to int"),
    ],
)
def test_what_fails_at_run_time_is_false_with_the_reason(text: str, values: dict[str, Any], why: str) -> None:
    verdict = ask(text, OUTCOME, **values)
    assert verdict.true is False
    assert why in verdict.why


@pytest.mark.parametrize(
    ("text", "column", "message", "fix"),
    [
        ("m.error_rat > 0.5", 1, "there is no m.error_rat", "did you mean m.error_rate?"),
        ("true && m.zzz > 1", 9, "there is no m.zzz", "measures:"),
        ("m['users'] > 1", 1, "there is no m.users", "did you mean m.users?"),
        ("alert.label.x == 'y'", 1, "there is no alert.label", "did you mean alert.labels?"),
        ("service.nam == 'x'", 1, "there is no service.nam", "did you mean service.name?"),
        ("q.all == true", 1, "there is no q.all", "did you mean q.all_users?"),
        ("status == 200", 1, "there is no status", "there are alert, service, text, m, q"),
        ("text == '日本' && bogus", 17, "there is no bogus", "there are"),
        ("text.startswith('x')", 16, "there is no function startswith()", "did you mean startsWith()?"),
        ("foo(1)", 4, "there is no function foo()", "cel.dev"),
        ("m.users = 1", 9, "cannot be read here", "write == for ="),
        ("m.users > 1 and q.core", 13, "cannot be read here", "write && for and"),
        ("not q.core", 5, "cannot be read here", "write ! for not"),
        ("m.error_rate >= 50%", 20, "the condition ends too early", "0.5 for 50 %"),
        ("(m.users > 1", 13, "the condition ends too early", "close the bracket"),
        ("", 1, "the condition ends too early", "finish it"),
        ("text > 5", 6, "the values do not fit together: string > int", "like with like"),
        ("m.users * 100 > 5", 1, "the values do not fit together: double * int", "100.0"),
        ("text", 1, "the condition is string, neither true nor false", "compare it"),
        ("m.users", 1, "the condition is a number, neither true nor false", "compare it"),
        ("text.matches('(')", 14, "invalid regular expression", "RE2"),
        (r"text.matches(r'(?=x)')", 14, "invalid regular expression", "RE2"),
        ("(" * 60 + "true" + ")" * 60, 1, "nested too deeply", "split"),
        ("x" * 5_000, 1, "at most 4000 characters", "split"),
        ("text == '\ud800'", 1, "not readable text", "UTF-8"),
    ],
)
def test_a_mistake_is_told_when_it_loads(text: str, column: int, message: str, fix: str) -> None:
    with pytest.raises(BadCondition) as refused:
        compile_condition(text, ALERT)
    assert refused.value.column == column
    assert message in refused.value.message
    assert fix in refused.value.fix
    assert isinstance(refused.value, Invalid)


def test_the_caret_stands_under_the_mistake_also_after_wide_characters() -> None:
    with pytest.raises(BadCondition) as refused:
        compile_condition('q.core &&\ntext == "日本" && bogus', ALERT)
    assert refused.value.line == 2
    assert refused.value.caret == 'text == "日本" && bogus\n         \u3000\u3000     ^'


def test_a_problem_of_the_configuration_keeps_its_path() -> None:
    found = list(problems("bogus", ALERT, ("policies", "core", "levels", "P0", "when", 0)))
    assert found[0].path[-1] == 0
    assert list(problems("q.core", ALERT, ())) == []


def test_a_configuration_may_declare_measures_of_its_own() -> None:
    environment = ALERT.with_measures(["empty_results", "users"])
    assert ask("m.empty_results > 0.5", environment, m={"empty_results": 1}).true
    assert environment.measures.count("users") == 1
    with pytest.raises(BadCondition):
        compile_condition("m.empty_results > 0.5", ALERT)


def test_names_bound_by_a_comprehension_are_not_measures() -> None:
    assert ask("[1, 2].exists(m, m == 2)").true


def test_comments_and_texts_mention_nothing() -> None:
    assert ask('text == "m.users" // && q.core', text="m.users").true


def test_data_that_would_crash_the_runtime_is_made_plain() -> None:
    deep: Any = 1
    for _ in range(50_000):
        deep = {"a": deep}
    hostile = {"deep": deep, "half": "\ud800", "big": 10**400, "tuple": (1, {2}), "bytes": b"x", 5: object()}
    assert ask("json.a == 1", OUTCOME, json=deep).true is False
    assert ask('json.half == "?"', OUTCOME, json=hostile).true
    assert ask("stdout == '?'", OUTCOME, stdout="\ud800").true


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}$", "^(a+)+b", "([a-zA-Z]+)*$", "(x+x+)+y"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    condition = compile_condition(f'text.matches("{pattern}")', ALERT)
    began = time.perf_counter()
    condition.evaluate({"text": "a" * 1_000 + "!"})
    assert time.perf_counter() - began < 0.1


def test_a_comprehension_over_too_much_is_stopped() -> None:
    numbers = list(range(2_000))
    verdict = ask("json.all(a, json.all(b, a + b < 10000000))", OUTCOME, json=numbers)
    assert verdict.why == "Iteration budget exceeded"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("m.users qcoretx&|()[]{}<>=!'\"\\+-*/%?:,0.5\n日"), max_size=40))
def test_no_text_makes_the_compiler_raise_anything_else(text: str) -> None:
    with contextlib.suppress(BadCondition):
        compile_condition(text, ALERT).evaluate({"m": {"users": 1}, "text": "x"})


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=10,
    )
)
def test_no_data_makes_it_raise(data: Any) -> None:
    for text in (
        "json.a > 5",
        "json == 1",
        "size(json) > 0",
        "json.all(each, each == null)",
        "rows[0].a == 1",
    ):
        ask(text, OUTCOME, json=data, rows=data)


def test_threads_share_a_condition() -> None:
    condition = compile_condition("m.users > 5 && text.contains('x')", ALERT)
    answers: list[bool] = []

    def work() -> None:
        answers.extend(condition.evaluate({"m": {"users": n}, "text": "x"}).true for n in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(True) == 4 * 194


def test_it_is_compiled_once() -> None:
    assert compile_condition("m.users > 5", ALERT) is compile_condition("m.users > 5", ALERT)
