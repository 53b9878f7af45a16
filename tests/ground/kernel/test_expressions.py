"""Expressions that come to a value, over messages whose shape only their author knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.ground.kernel.conditions import ALERT, MESSAGE, BadCondition, Given, compile_expression

BODY = {
    "name": "DiskFull",
    "n": 3,
    "share": 0.5,
    "ok": True,
    "none": None,
    "list": [{"a": 1}, {"a": [True, None, "x"]}],
    "big": 2**62,
}


def value(text: str, body: Any = BODY, **more: Any) -> Any:
    result = compile_expression(text, MESSAGE).evaluate(Given(MESSAGE, {"body": body, **more}))
    assert result.why == "", result.why
    return result.value


def why(text: str, body: Any = BODY) -> str:
    result = compile_expression(text, MESSAGE).evaluate(Given(MESSAGE, {"body": body}))
    assert result.value is None
    return result.why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("body.name", "DiskFull"),
        ("body.n", 3),
        ("body.share", 0.5),
        ("body.ok", True),
        ("body.none", None),
        ("body.big", 2**62),
        ("body.list", BODY["list"]),
        ("body", BODY),
        ('body["name"] + "!"', "DiskFull!"),
        ('{"n": body.n, "l": [body.ok, {"deep": body.none}]}', {"n": 3, "l": [True, {"deep": None}]}),
        ("body.list.map(each, each.a)", [1, [True, None, "x"]]),
        ("body.list.filter(each, each.a == 1)", [{"a": 1}]),
        ('has(body.missing) ? body.missing : "none"', "none"),
        ('timestamp("2026-11-21T09:00:00Z")', datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("string(body.n)", "3"),
        ("'a,b'.split(',')", ["a", "b"]),
    ],
)
def test_a_value_comes_out_as_plain_data(text: str, expected: Any):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("body.missing", 'there is no "missing"'),
        ("body.list[7]", "the list is shorter than that"),
        ("body.name.deeper", "a field is asked of something that has no fields"),
        ('body.n + "x"', "the values do not fit together"),
        ("1 / 0", "divi"),
        ('b"bytes"', "no place here"),
        ("type(body)", "no place here"),
        ('duration("3s")', "no place here"),
        ("[b'x']", "no place here"),
        ('{"a": b"x"}', "no place here"),
    ],
)
def test_what_has_no_value_says_why(text: str, said: str):
    assert said in why(text)


def test_a_variable_that_was_not_given_has_no_value():
    expression = compile_expression('headers["x"]', MESSAGE)
    assert expression.evaluate(Given(MESSAGE, {"body": {}})).why == "there is no headers"
    assert expression.names == ("headers",)


def test_one_variable_is_exchanged_and_the_rest_stays():
    given = Given(MESSAGE, {"body": {"a": 1}, "item": {"b": 2}})
    other = given.but("item", {"b": 3})
    expression = compile_expression("body.a + item.b", MESSAGE)
    assert (expression.evaluate(given).value, expression.evaluate(other).value) == (3, 4)


def test_null_is_a_body_too():
    assert value("body == null", body=None) is True


def test_deep_data_is_bounded_and_never_an_error_of_ours():
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    found = value("body", body=deep)
    depth = 0
    while isinstance(found, list):
        found = found[0]
        depth += 1
    assert depth <= 33
    assert why("[[body]]", body=deep) == "it is nested too deeply"
    with pytest.raises(BadCondition, match="nested too deeply"):
        compile_expression("[" * 40 + "1" + "]" * 40, MESSAGE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", "INT"),
        ("true", "BOOL"),
        ('"x"', "STRING"),
        ("[1]", "LIST"),
        ('{"a": 1}', "MAP"),
        ("body.x", "DYN"),
        ("null", "NULL"),
        ("body.x == 1", "BOOL"),
    ],
)
def test_what_it_gives_is_known_as_far_as_its_text_tells(text: str, kind: str):
    assert compile_expression(text, MESSAGE).kind == kind


def test_a_mistake_has_its_line_its_column_and_its_caret():
    with pytest.raises(BadCondition) as caught:
        compile_expression("body.a +\n  bdy.b", MESSAGE)
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert caught.value.caret == "  bdy.b\n  ^"
    assert caught.value.fix == "did you mean body?"


def test_each_environment_has_names_of_its_own():
    with pytest.raises(BadCondition, match="there is no body"):
        compile_expression("body.x", ALERT)
