"""The quick way of reading a batch says what the careful one says, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.alerts import Signal
from tocsin.sense.intake.prometheus_alert import read_alert
from tocsin.sense.intake.prometheus_clean import read_clean
from tocsin.sense.intake.strict_json import read_json

USUAL = (
    b'[{"labels":{"alertname":"TargetDown","instance":"10.0.0.7:9100"},'
    b'"annotations":{"summary":"10.0.0.7:9100 is \\"down\\"","value":"0.5"},"startsAt":"2026-11-21T09:00:36.418Z",'
    b'"endsAt":"2026-11-21T09:04:36.418Z","generatorURL":"http://p:9090/graph?g0.expr=up+%3D%3D+0\\u0026g0.tab=1"}]'
)


def carefully(payload: bytes) -> list[Signal] | None:
    """What the careful way reads, if it finds nothing to refuse."""
    try:
        value, mended = read_json(payload)
        return [replace(read_alert(each, "", mended)[0], fades=True) for each in value]
    except TocsinError:
        return None


def test_what_a_prometheus_sends_goes_the_quick_way():
    assert read_clean(USUAL, fades=True) == carefully(USUAL) is not None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[{}]",
        b"[1]",
        b'[{"labels":{}}]',
        b'[{"labels":{"a":"b"}}]',
        b'[{"labels":{"alertname":"a","alertname":"b"}}]',
        b'[{"labels":{"alertname":"a"},"labels":{"alertname":"b"}}]',
        b'[{"labels":{"alertname":"a","empty":""}}]',
        b'[{"labels":{"alertname":1}}]',
        b'[{"labels":{"alertname":"a\\u0000"}}]',
        b'[{"labels":{"alertname":"\\ud800"}}]',
        b'[{"labels":{"alertname":"a"},"endsAt":"tomorrow"}]',
        b'[{"labels":{"alertname":"a"},"endsAt":"2026-11-21T09:04:36"}]',
        b'[{"labels":{"alertname":"a"},"more":{"x":"y","x":"z"}}]',
        b'[{"labels":{"alertname":"a"},"generatorURL":"' + b"u" * 3000 + b'"}]',
        b'[{"labels":{"alertname":"' + b"a" * 1025 + b'"}}]',
        b'[{"labels":{"alertname":"a"},"annotations":null}]',
        '[{"labels":{"alertname":"Bücher"}}]'.encode(),
    ],
)
def test_whatever_is_unusual_is_left_to_the_careful_way(payload: bytes):
    assert read_clean(payload, fades=True) is None


_text = st.one_of(st.sampled_from(["", "a", "alertname", "value", "0.7", "2026-11-21T09:00:36Z"]), st.text())
_texts = st.dictionaries(_text, st.one_of(_text, st.integers(), st.none()), max_size=4)
_alerts = st.lists(
    st.fixed_dictionaries(
        {"labels": st.one_of(_texts, _texts.map(lambda each: {**each, "alertname": "Down"}))},
        optional={
            "annotations": _texts,
            "startsAt": _text,
            "endsAt": _text,
            "generatorURL": _text,
            "status": _texts,
        },
    ),
    max_size=3,
)


@given(alerts=_alerts)
@example(alerts=[{"labels": {"alertname": "a"}}])
def test_the_quick_way_never_differs_from_the_careful_one(alerts: list[dict[str, Any]]):
    payload = msgspec.json.encode(_encodable(alerts))
    quick = read_clean(payload, fades=True)
    assert quick is None or quick == carefully(payload)


def _encodable(value: Any) -> Any:
    """Without lone surrogates, which no encoder writes; a test above has one."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(name): _encodable(each) for name, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list) else value
