"""Matchers that are asked often say the same as those that are asked once, whatever the pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts.matchers import Matcher, matches, parse_matcher
from tocsin.sense.alerts.selector import Choice, Selector, checked, written

PATTERNS = [
    "db",
    "db.*",
    "db.+",
    ".*",
    ".+",
    "",
    "db1|db2",
    "a|",
    "d[b]",
    "db.",
    "(db|web).*",
    "db.*1",
    "a.b",
    "x|y.*",
]
_values = st.text(alphabet="db1.\nwe|", max_size=6)


@given(st.sampled_from(PATTERNS), _values, st.sampled_from(["=", "!=", "=~", "!~"]))
def test_a_selector_says_what_its_matcher_says(pattern: str, value: str, operator: str):
    matcher = Matcher(name="host", operator=operator, value=pattern)
    assert Selector([matcher]).matches({"host": value}) is matches(matcher, {"host": value})


_texts = st.sampled_from(["", "1", "2"])
_names = st.sampled_from("ab")


@given(
    st.lists(st.tuples(_names, st.sampled_from(["=", "!=", "=~"]), _texts), max_size=3),
    st.dictionaries(_names, _texts),
)
def test_among_many_the_same_ones_are_chosen_as_one_by_one(
    chosen: list[tuple[str, str, str]], labels: dict[str, str]
):
    matchers = tuple(Matcher(name=name, operator=operator, value=value) for name, operator, value in chosen)
    entries = [(matchers, "this"), ((Matcher(name="a", operator="=", value="1"),), "other")]
    expected = [meant for each, meant in entries if all(matches(one, labels) for one in each)]
    assert Choice(entries).of(labels) == expected


@pytest.mark.parametrize("text", ['host="db1"', 'a!="x\\"y"', 'a=~"b\\\\.c"', 'a!~"one\\ntwo"'])
def test_what_is_written_is_read_again(text: str):
    matcher = parse_matcher(text)
    assert parse_matcher(written(matcher)) == matcher


def test_a_pattern_that_blows_up_elsewhere_is_read_in_no_time_here():
    evil = Selector([Matcher(name="host", operator="=~", value="(a+)+$")])
    assert not evil.matches({"host": "a" * 5_000 + "!"})


def test_more_than_fifty_matchers_are_refused():
    with pytest.raises(Invalid):
        checked(Matcher(name=f"l{n}", operator="=", value="x") for n in range(51))
