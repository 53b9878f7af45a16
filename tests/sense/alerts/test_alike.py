"""What alerts share becomes matchers that fit all of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.sense.alerts.alike import matchers_of
from tocsin.sense.alerts.query import written
from tocsin.sense.alerts.selector import selector_of


@pytest.mark.parametrize(
    ("alerts", "lines"),
    [
        ([], ""),
        ([{"alertname": "Down", "pod": "a.b"}], 'alertname="Down" pod="a.b"'),
        ([{"alertname": "Down", "pod": "1"}, {"alertname": "Down"}], 'alertname="Down"'),
        (
            [{"alertname": "Down", "host": "db.1"}, {"alertname": "Slow", "host": "db.1"}],
            'alertname=~"Down|Slow" host="db.1"',
        ),
        ([{"host": "a.b"}, {"host": "a+b"}], 'host=~"a\\\\+b|a\\\\.b"'),
        ([{"host": str(n), "job": "x"} for n in range(13)], 'job="x"'),
        ([{"host": "x" * 600}, {"host": "y" * 600}], ""),
    ],
)
def test_shared_labels_are_asked_for(alerts: list[dict[str, str]], lines: str):
    assert written(matchers_of(alerts)) == lines


_LABELS = st.dictionaries(st.sampled_from(["alertname", "service", "host"]), st.text(max_size=8))


@given(st.lists(_LABELS, max_size=5))
@example([{"alertname": ""}, {"alertname": "0\x00["}])  # behind CEL a text ends at its NUL
def test_whatever_they_say_the_matchers_fit_all_of_them(alerts: list[dict[str, str]]):
    selector = selector_of(matchers_of(alerts))
    assert all(selector.matches(each) for each in alerts)
