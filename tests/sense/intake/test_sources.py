"""Real messages of real programs, and what each source makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.sense.intake import Source, every_source
from tocsin.sense.intake.source import Example

DATA = Path(__file__).parents[2] / "data" / "alertmanager"
SOURCES = every_source()


@pytest.fixture
def clock() -> FrozenClock:
    """The hour in which the messages were recorded."""
    return FrozenClock(datetime(2026, 11, 21, 9, 0, 40, tzinfo=UTC))


def data(name: str) -> bytes:
    return (DATA / name).read_bytes()


def examples() -> Iterator[Any]:
    for kind, source in SOURCES.items():
        for example in source.examples:
            yield pytest.param(kind, source, example, id=f"{kind}: {example.title}")


@pytest.mark.parametrize(("kind", "source", "example"), list(examples()))
def test_the_examples_of_a_source_are_what_it_takes(intake: Any, kind: str, source: Source, example: Example):
    assert source.title
    assert type(source).__module__
    headers = {"Content-Type": source.content_types[0], **dict(example.headers)}
    heard = intake.send(example.method, f"/in/in_{kind}{example.path}", example.body, headers, example.query)
    assert heard.status in (200, 201, 202)
    assert len(intake.alerts()) == example.alerts
    assert len(intake.changes()) == example.changes


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_source_has_a_manual_page(source: Source):
    manual = __import__(type(source).__module__, fromlist=["_"]).__doc__
    assert manual
    assert "/in/KEY" in manual


def test_prometheus_opens_repeats_and_ends_an_alert(intake: Any):
    assert intake.post("alertmanager", data("prometheus_firing.json")).body == b""
    (alert,) = intake.alerts()
    assert alert.name == "TargetDown"
    assert alert.labels["instance"] == "127.0.0.1:19999"
    assert alert.annotations["runbook_url"] == "http://127.0.0.1/rb/target-down"
    assert (alert.value, alert.state, alert.source) == (0, "firing", "alertmanager")
    assert alert.starts_at == datetime(2026, 11, 21, 9, 0, 36, 418_000, tzinfo=UTC)
    assert alert.expires_at == datetime(2026, 11, 21, 9, 1, 16, 418_000, tzinfo=UTC)
    assert alert.url.startswith("http://vm:19090/graph")
    assert intake.post("alertmanager", data("prometheus_firing.json")).status == 200
    intake.clock.tick(8 * 60 + 10)
    assert intake.post("alertmanager", data("prometheus_resolved.json")).status == 200
    (alert,) = intake.alerts()
    assert (alert.state, alert.ends_at) == ("resolved", datetime(2026, 11, 21, 9, 8, 46, 418_000, tzinfo=UTC))


def test_prometheus_sends_batches_and_alerts_without_annotations(intake: Any):
    intake.clock.tick(300)
    assert intake.post("alertmanager", data("prometheus_batch_of_two.json")).status == 200
    assert intake.post("alertmanager", data("prometheus_firing_no_annotations.json")).status == 200
    assert len(intake.alerts()) == 3


def test_alertmanager_passes_on_what_prometheus_said(intake: Any):
    intake.clock.tick(600)
    assert intake.post("alertmanager_webhook", data("webhook_firing.json")).status == 200
    assert sorted(each.labels.get("instance", "") for each in intake.alerts()) == ["", "b"]
    assert all(each.expires_at is None and each.flags == () for each in intake.alerts())
    group = json.loads(data("webhook_firing.json"))
    intake.clock.tick(60)
    ended = [each | {"status": "resolved", "endsAt": "2026-11-21T09:11:00Z"} for each in group["alerts"]]
    heard = intake.post("alertmanager_webhook", json.dumps(group | {"alerts": ended}).encode())
    assert heard.status == 200
    assert {each.state for each in intake.alerts()} == {"resolved"}


def test_alerts_that_the_sender_left_out_are_told(intake: Any):
    group = json.loads(data("webhook_firing.json")) | {"truncatedAlerts": 7, "version": "5"}
    assert intake.post("alertmanager_webhook", json.dumps(group).encode()).status == 200
    assert intake.alerts()[0].flags == (
        "7 alerts cut by sender",
        "written in version 5 of the format, read as 4",
    )


def test_amtool_sees_what_came_by_its_key(intake: Any):
    intake.post("webhook", b'{"name": "of another key"}')
    intake.post("alertmanager", b'[{"labels": {"alertname": "A", "severity": "warning"}}]')
    intake.post("alertmanager", b'[{"labels": {"alertname": "B", "severity": "critical"}}]')
    seen: list[Any] = []
    for line in data("amtool_requests.jsonl").decode().splitlines():
        request = json.loads(line)
        path, _, query = request["path"].partition("?")
        headers = {"Authorization": "Bearer in_alertmanager", "Content-Type": "application/json"}
        body = json.dumps(request["body"]).encode() if request["body"] else b""
        heard = intake.send(request["method"], path, body, headers, query)
        assert heard.status == 200, unquote(query)
        if request["method"] == "GET":
            seen.append(heard.json)
    status, everything, warnings, silenced = seen
    assert set(status) == {"cluster", "config", "uptime", "versionInfo"}
    assert sorted(each["labels"]["alertname"] for each in everything) == ["A", "B"]
    assert set(everything[0]) == {
        "annotations", "endsAt", "fingerprint", "labels", "receivers", "startsAt", "status",
        "updatedAt",
    }  # fmt: skip
    assert [each["labels"]["alertname"] for each in warnings] == ["A"]
    assert silenced == []
    assert sorted(each.name for each in intake.alerts()) == ["A", "B", "foo", "of another key"]


@pytest.mark.parametrize("query", ["filter=nonsense", "filter=a%3D~%22(%22", "receiver=("])
def test_a_query_that_makes_no_sense_is_refused(intake: Any, query: str):
    headers = {"Authorization": "Bearer in_alertmanager"}
    assert intake.send("GET", "/api/v2/alerts", b"", headers, query).status == 400


def test_amtool_asks_for_receivers(intake: Any):
    heard = intake.send("GET", "/api/v2/receivers", b"", {"Authorization": "Bearer in_alertmanager"})
    assert heard.json == [{"name": "tocsin"}]


def test_a_script_needs_only_a_name(intake: Any):
    heard = intake.post(
        "webhook", b'{"title": "Backup  failed\\n", "error_rate": 0.4, "summary": "no space", "value": "3"}'
    )
    assert heard.status == 202
    (alert,) = intake.alerts()
    assert heard.json == {"status": "accepted", "alerts": [{"id": alert.id, "result": "fired"}]}
    assert (alert.name, alert.value) == ("Backup failed", 3)
    assert alert.annotations == {"error_rate": "0.4", "summary": "no space"}
    assert alert.expires_at is None


def test_a_script_names_service_severity_and_times(intake: Any):
    body = b'{"name": "Slow", "service": "shop", "severity": "high", "starts_at": 1795251600, "url": "http://x/"}'
    intake.post("webhook", body)
    (alert,) = intake.alerts()
    assert alert.labels == {"alertname": "Slow", "service": "shop", "severity": "high"}
    assert (alert.service, alert.url) == ("shop", "http://x/")
    assert alert.starts_at == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_a_key_of_de_duplication_survives_a_change_of_text_and_form(intake: Any):
    intake.post("webhook", '{"name": "Job 1", "dedup_key": " café"}'.encode())
    heard = intake.post("webhook", '{"name": "Job 2", "dedup_key": "café", "status": "resolved"}'.encode())
    assert heard.json["alerts"][0]["result"] == "resolved"
    assert len(intake.alerts()) == 1


def test_a_long_name_is_cut_and_kept_whole_beside(intake: Any):
    intake.post("webhook", json.dumps({"name": "word " * 500}).encode())
    (alert,) = intake.alerts()
    assert len(alert.name.encode()) <= 256
    assert alert.annotations["title"] == ("word " * 500).strip()


@pytest.mark.parametrize("name", ["", "  ", "\\u0000", None])
def test_an_alert_without_a_name_is_refused(intake: Any, name: str | None):
    body = f'{{"name": "{name}"}}' if name is not None else '{"summary": "something"}'
    heard = intake.post("webhook", body.encode())
    assert (heard.status, heard.json["error"]["field"]) == (422, "name")


def test_a_value_that_is_no_number_is_refused(intake: Any):
    assert intake.post("webhook", b'{"name": "A", "value": "many"}').json["error"]["field"] == "value"
