"""Somebody else's JSON, and the expressions that make alerts of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.intake.mapping import ITEMS, PARTS, MappingSettings, try_mapping

DISKS = {
    "items": "body.problems",
    "name": "item.title",
    "resolved": 'item.state == "ok"',
    "severity": "item.level",
    "service": "item.service",
    "labels": '{"host": item.host, "slot": item.slot}',
    "annotations": '{"summary": item.title + " on " + item.host, "region": headers["x-region"]}',
    "dedup_key": 'item.host + "/" + item.title',
    "starts_at": "item.since",
    "value": "item.used",
    "url": '"https://disks.example/" + item.host',
    "when": 'item.kind == "disk"',
}
FULL = {
    "kind": "disk", "title": "DiskFull", "state": "bad", "level": "high", "service": "shop", "host": "db-1", "slot": 3,
    "since": "2026-11-21T09:00:00Z", "used": 0.97,
}  # fmt: skip
HEADERS = {"X-Region": "eu"}


def message(*items: Any) -> bytes:
    return json.dumps({"problems": items}).encode()


def only_problem(settings: dict[str, str], payload: bytes = b"{}") -> TocsinError:
    (problem,) = try_mapping(settings, payload, HEADERS).problems
    return problem


def test_every_part_of_an_alert_may_be_mapped():
    tried = try_mapping(DISKS, message(FULL, FULL | {"state": "ok"}, {"kind": "fan"}), HEADERS)
    assert tried.problems == ()
    assert tried.skipped == 1
    fires, over = tried.signals
    assert fires.labels == {
        "alertname": "DiskFull", "host": "db-1", "slot": "3", "severity": "high", "service": "shop",
    }  # fmt: skip
    assert fires.annotations == {"summary": "DiskFull on db-1", "region": "eu"}
    assert (fires.dedup_key, fires.value, fires.url) == ("db-1/DiskFull", 0.97, "https://disks.example/db-1")
    assert fires.starts_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert (fires.resolved, over.resolved) == (False, True)
    assert fires.flags == ()


def test_without_items_the_body_is_the_alert_and_item_means_the_same():
    (one,) = try_mapping({"name": "body.t"}, b'{"t": "Boom"}').signals
    (other,) = try_mapping({"name": "item.t", "status": "body.s"}, b'{"t": "Boom", "s": "resolved"}').signals
    assert (one.name, other.name, other.resolved) == ("Boom", "Boom", True)
    (third,) = try_mapping({"name": "query.name"}, b"null", query="name=Of+the+query").signals
    assert third.name == "Of the query"


def test_a_list_at_the_top_is_items_too():
    assert len(try_mapping({"items": "body", "name": "item"}, b'["a", "b"]').signals) == 2


def test_what_only_adorns_an_alert_is_left_out_and_told():
    bare = {name: FULL[name] for name in ("kind", "title", "state", "host", "slot")}
    (signal,) = try_mapping(DISKS, message(bare), HEADERS).signals
    assert "severity" not in signal.labels
    assert signal.value is None
    assert 'the mapping gives no severity: there is no "level"' in signal.flags
    assert len(signal.flags) == 4


@pytest.mark.parametrize("part", ["title", "state", "host", "kind"])
def test_what_tells_which_alert_it_is_must_be_there(part: str):
    item = {name: value for name, value in FULL.items() if name != part}
    problem = only_problem(DISKS, message(FULL, item))
    assert problem.field in ("name", "resolved", "labels", "when")
    assert "items[1]" in problem.message
    assert f'there is no "{part}"' in problem.message
    assert "in the mapping of the key" in problem.fix


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"name": "itm.title"}, "name", "column 1: there is no itm\nitm.title\n^"),
        ({"name": "item.title +"}, "name", "column 13: "),
        ({"name": "item.title\n  and item.x"}, "name", "column 3: "),
        ({"severity": "lower(item.level)"}, "severity", "there is no function lower()"),
        ({"name": 'item.t.matches("(")'}, "name", "missing )"),
        ({"when": '"yes"'}, "when", "this gives string, but when is true or false"),
        ({"items": '"yes"'}, "items", "but items is a list"),
        ({"labels": "[1]"}, "labels", "this gives a list, but labels is a map"),
        ({"name": "[1]"}, "name", "this gives a list, but name is a text or a number"),
        ({"items": "item.x"}, "items", "there is no item yet"),
        ({"name": "item.a + body.b"}, "name", "of item or of body, not of both"),
        ({"name": ""}, "name", "a mapping needs a name"),
        ({"status": '"firing"'}, "resolved", "only one of status and resolved"),
        ({"name": "item." + "x" * 4_000}, "name", "at most 4000 characters"),
        ({"name": "item.\ud800"}, "name", "not readable text"),
    ],
)
def test_a_mistake_is_told_with_its_place_before_anything_is_sent(
    change: dict[str, str], field: str, said: str
):
    problem = only_problem(DISKS | change)
    assert problem.field == field
    assert said in problem.message
    assert problem.fix
    with pytest.raises(ValueError, match=field):
        MappingSettings.model_validate(DISKS | change)


def test_every_mistake_is_told_at_once():
    tried = try_mapping({"name": "nme", "when": "item.", "labels": "{"}, b"{}")
    assert {each.field for each in tried.problems} == {"name", "when", "labels"}


@pytest.mark.parametrize(
    ("settings", "payload", "field"),
    [
        ({"items": "body.a", "name": "item"}, b'{"a": {"b": 1}}', "items"),
        ({"items": "body.a", "name": "item"}, b"{}", "items"),
        ({"name": "body.a"}, b'{"a": [1]}', "name"),
        ({"name": "body.a"}, b'{"a": ""}', "name"),
        ({"name": "body.a", "status": "body.s"}, b'{"a": "x", "s": "ok"}', "status"),
        ({"name": "body.a", "resolved": "body.s"}, b'{"a": "x", "s": "no"}', "resolved"),
        ({"name": "body.a", "when": "body.s"}, b'{"a": "x", "s": 1}', "when"),
        ({"name": "body.a", "labels": "body.l"}, b'{"a": "x", "l": "no map"}', "labels"),
        ({"name": "body.a", "labels": "body"}, b'{"a": "x", "l": {"deep": 1}}', "labels.l"),
        ({"name": "body.a", "value": "body.v"}, b'{"a": "x", "v": "many"}', "value"),
        ({"name": "body.a", "starts_at": "body.v"}, b'{"a": "x", "v": "soon"}', "starts_at"),
        ({"name": "body.a", "dedup_key": "body.v"}, b'{"a": "x", "v": ""}', "dedup_key"),
        ({"name": 'b"ab"'}, b"{}", "name"),
        ({"name": "string(1/0)"}, b"{}", "name"),
        ({"name": "body.a"}, b"not json", "body"),
        ({"name": "body.a"}, b"[" * 40 + b"]" * 40, "body"),
        ({"name": "body.a"}, b"", "body"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_by_field(
    settings: dict[str, str], payload: bytes, field: str
):
    problem = only_problem(settings, payload)
    assert problem.field == field
    assert problem.fix


def test_a_time_may_be_worked_out():
    settings = {"name": '"x"', "starts_at": "timestamp(body.at) - duration(body.for)"}
    (signal,) = try_mapping(settings, b'{"at": "2026-11-21T09:00:00Z", "for": "90s"}').signals
    assert signal.starts_at == datetime(2026, 11, 21, 8, 58, 30, tzinfo=UTC)


def test_a_message_has_a_bounded_number_of_items():
    settings = {"items": "body", "name": "string(item)"}
    assert len(try_mapping(settings, json.dumps(list(range(ITEMS))).encode()).signals) == ITEMS
    problem = only_problem(settings, json.dumps(list(range(ITEMS + 1))).encode())
    assert (problem.field, problem.status) == ("items", 422)


def test_what_is_common_to_all_items_may_be_said_of_the_body():
    settings = {"items": "body.a", "name": "item", "labels": '{"host": body.host}'}
    tried = try_mapping(settings, b'{"host": "db", "a": ["x", "y"]}')
    assert [each.labels["host"] for each in tried.signals] == ["db", "db"]


def test_a_key_with_a_mapping_takes_messages_of_that_form(intake: Any):
    intake.keys["in_webhook"] = replace(intake.keys["in_webhook"], settings=DISKS)
    heard = intake.post("webhook", message(FULL, {"kind": "fan"}), headers=HEADERS)
    assert heard.status == 202
    assert len(heard.json["alerts"]) == 1
    (alert,) = intake.alerts()
    assert (alert.name, alert.service, alert.value) == ("DiskFull", "shop", 0.97)
    assert intake.post("webhook", message(FULL | {"state": "ok"}), headers=HEADERS).status == 202
    assert intake.alerts()[0].state == "resolved"
    heard = intake.post("webhook", message(FULL, {"kind": "disk"}), headers=HEADERS)
    assert (heard.status, heard.json["error"]["field"]) == (422, "name")


def test_settings_that_no_longer_fit_are_told_to_the_sender(intake: Any):
    intake.keys["in_webhook"] = replace(intake.keys["in_webhook"], settings={"name": "item.", "left": "over"})
    heard = intake.post("webhook", b"{}")
    assert heard.status == 422
    assert "a setting of the key does not fit" in heard.json["error"]["message"]


def test_the_form_shows_every_part_with_what_it_is():
    assert PARTS[0] == "items"
    assert all(MappingSettings.model_fields[part].description for part in PARTS)
