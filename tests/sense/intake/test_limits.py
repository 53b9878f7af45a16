"""Each limit at n - 1, n and n + 1, through the receiver; those of bodies stand in `test_receive.py`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.sense.intake import limits

JSON = {"Content-Type": "application/json"}
AROUND = pytest.mark.parametrize("more", [-1, 0, 1])


def alert(**fields: Any) -> bytes:
    return json.dumps({"name": "A", **fields}).encode()


@AROUND
def test_the_number_of_headers(intake: Any, more: int):
    headers = [*JSON.items(), *((f"x-{number}", "a") for number in range(limits.HEADERS - 1 + more))]
    assert intake.send("POST", "/in/in_webhook", alert(), headers).status == (431 if more > 0 else 202)


@AROUND
def test_the_bytes_of_headers(intake: Any, more: int):
    known = sum(len(name) + len(value) for name, value in JSON.items())
    headers = {**JSON, "x": "a" * (limits.HEADER_BYTES - known - 1 + more)}
    assert intake.send("POST", "/in/in_webhook", alert(), headers).status == (431 if more > 0 else 202)


@AROUND
def test_the_query(intake: Any, more: int):
    query = "a" * (limits.QUERY_BYTES + more)
    heard = intake.send("POST", "/in/in_webhook", alert(), JSON, query=query)
    assert heard.status == (400 if more > 0 else 202)


@AROUND
def test_the_depth(intake: Any, more: int):
    nested = "[" * (limits.DEPTH - 1 + more) + "]" * (limits.DEPTH - 1 + more)
    heard = intake.post("alertmanager_webhook", f'{{"version": "4", "alerts": [], "x": {nested}}}'.encode())
    assert heard.status == (422 if more > 0 else 200)


@AROUND
def test_the_number_of_labels(intake: Any, more: int):
    labels = {f"l{number}": "v" for number in range(limits.LABELS + more)}
    heard = intake.post("webhook", alert(labels=labels))
    assert heard.status == (422 if more > 0 else 202)


@AROUND
def test_the_name_of_a_label(intake: Any, more: int):
    heard = intake.post("webhook", alert(labels={"n" * (limits.LABEL_NAME_BYTES + more): "v"}))
    assert heard.status == (422 if more > 0 else 202)


@AROUND
def test_the_value_of_a_label(intake: Any, more: int):
    heard = intake.post("webhook", alert(labels={"n": "v" * (limits.LABEL_VALUE_BYTES + more)}))
    assert heard.status == (422 if more > 0 else 202)


@AROUND
def test_an_annotation_is_cut_at_its_limit_and_the_alert_says_so(intake: Any, more: int):
    assert intake.post("webhook", alert(summary="s" * (limits.ANNOTATION_BYTES + more))).status == 202
    (found,) = intake.alerts()
    kept = found.annotations["summary"]
    assert len(kept.encode()) <= limits.ANNOTATION_BYTES
    assert kept.endswith("…") == (more > 0)
    assert ("a text was cut" in found.flags) == (more > 0)


@AROUND
def test_the_key_of_de_duplication(intake: Any, more: int):
    heard = intake.post("webhook", alert(dedup_key="k" * (limits.DEDUP_KEY + more)))
    assert heard.status == (422 if more > 0 else 202)


@AROUND
def test_a_link_that_is_too_long_is_not_one(intake: Any, more: int):
    link = "http://x/" + "a" * (limits.URL - len("http://x/") + more)
    assert intake.post("webhook", alert(url=link)).status == 202
    (found,) = intake.alerts()
    assert (found.url == link) == (more <= 0)


@AROUND
def test_the_length_of_a_path(intake: Any, more: int):
    """A key is never that long: a longer one is not even looked for."""
    heard = intake.send("POST", "/in/" + "k" * (limits.LABEL_VALUE_BYTES + more), alert(), JSON)
    assert heard.status == 401
