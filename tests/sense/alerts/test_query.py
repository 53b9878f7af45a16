"""One line of matchers and words, and a cure for each slip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.query import parse_query, written


def read(text: str) -> tuple[list[str], tuple[str, ...]]:
    found = parse_query(text)
    return [f"{each.name}{each.operator}{each.value}" for each in found.matchers], found.words


@pytest.mark.parametrize(
    ("text", "matchers", "words"),
    [
        ("", [], ()),
        ('severity="critical"', ["severity=critical"], ()),
        ("severity=critical", ["severity=critical"], ()),
        (
            '{severity="critical", service=~"shop.*"}',
            ["severity=critical", "service=~shop.*"],
            (),
        ),
        (
            'name!="Disk Full" disk "two words"',
            ["name!=Disk Full"],
            ("disk", "two words"),
        ),
        ('instance!~"10[.]0[.].*" 磁碟', ["instance!~10[.]0[.].*"], ("磁碟",)),
        ('service = "shop"', ["service=shop"], ()),
        ('service=""', ["service="], ()),
        ('said="a \\"quoted\\" word"', ['said=a "quoted" word'], ()),
        ('summary=~"🔥.*"', ["summary=~🔥.*"], ()),
        ("help! now", [], ("help!", "now")),
        ('"odd label"=x', ["odd label=x"], ()),
        ('  ,{} , "" ', [], ()),
    ],
)
def test_what_is_written_is_what_is_looked_for(text: str, matchers: list[str], words: tuple[str, ...]):
    assert read(text) == (matchers, words)


@pytest.mark.parametrize(
    ("text", "told", "cure"),
    [
        ("severity=", "Nothing stands after severity=.", '"" means'),
        ('severity="crit', 'A quote is opened and not closed: "crit', "at its end"),
        ('="critical"', "No label stands before =.", "Write the label first"),
        ('severity=="critical"', "== is no comparison.", "The comparisons are"),
        ('severity~"crit.*"', "~ is no comparison.", "The comparisons are"),
        ('severity=~"crit("', "crit( is no regular expression", "Close its brackets"),
        ('"a\\"b"=x', 'No label can be called a"b.', "Write the label first"),
        ("x" * 2_001, "more than 2000 characters", "less at once"),
        ("word " * 21, "more than 20 conditions", "less at once"),
    ],
)
def test_a_slip_is_told_with_its_cure(text: str, told: str, cure: str):
    with pytest.raises(Invalid) as problem:
        parse_query(text)
    assert told in problem.value.message
    assert cure in problem.value.fix
    assert problem.value.field == "q"


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_told(text: str):
    try:
        parse_query(text)
    except Invalid as error:
        told = error
    else:
        return
    assert told.message
    assert told.fix


_NAMES = st.text("abc_ =!~,{}漢", min_size=1, max_size=8)
_MATCHERS = st.builds(
    lambda name, operator, value: Matcher(name=name, operator=operator, value=value),
    _NAMES,
    st.sampled_from(["=", "!="]),
    st.text(max_size=20),
)


@given(st.lists(_MATCHERS, max_size=5))
def test_what_is_written_down_is_read_again(matchers: list[Matcher]):
    assert parse_query(written(tuple(matchers))).matchers == tuple(matchers)
