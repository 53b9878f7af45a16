"""The way of one request: keys, methods, sizes, patience, and the truth of every 2xx."""

from __future__ import annotations

import gzip
import threading
import time
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from tocsin.ground.kernel.errors import Unavailable
from tocsin.sense.intake import limits

ALERT = b'{"name": "DiskFull", "service": "shop"}'
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/in/in_alertmanager/api/v2/alerts", {}),
        ("/api/v2/alerts", {"Authorization": "Bearer in_alertmanager"}),
        ("/api/v2/alerts", {"Authorization": "bearer in_alertmanager"}),
        ("/api/v2/alerts", {"Authorization": "Basic YW55Ym9keTppbl9hbGVydG1hbmFnZXI="}),
    ],
)
def test_a_key_may_stand_in_the_path_or_the_header(intake: Any, path: str, headers: dict[str, str]):
    body = b'[{"labels": {"alertname": "X"}}]'
    assert intake.send("POST", path, body, {**JSON, **headers}).status == 200
    assert [each.key for each in intake.alerts()] == ["key_alertmanager"]


@pytest.mark.parametrize(
    ("path", "authorization"),
    [
        ("/in/in_nobody", ""),
        ("/in/in_nobody/webhook", ""),
        ("/in/in_nobody/no/such/path", ""),
        ("/in/" + "x" * 5_000, ""),
        ("/api/v2/alerts", ""),
        ("/api/v2/alerts", "Bearer in_nobody"),
        ("/api/v2/alerts", "Bearer "),
        ("/api/v2/alerts", "Basic"),
        ("/api/v2/alerts", "Basic !!!"),
        ("/api/v2/alerts", "Basic /w=="),
        ("/api/v2/alerts", "Digest in_alertmanager"),
    ],
)
def test_who_has_no_key_hears_the_same_whatever_was_tried(intake: Any, path: str, authorization: str):
    headers = {**JSON, **({"Authorization": authorization} if authorization else {})}
    heard = intake.send("POST", path, ALERT, headers)
    assert heard.status == 401
    told = heard.json  # at a path of its own, a protocol says it in its own words
    assert (told if isinstance(told, str) else told["error"]["message"]).startswith("no such key")
    assert heard.headers["www-authenticate"].startswith("Bearer")
    assert intake.alerts() == []


@pytest.mark.parametrize(
    "path", ["/in/in_webhook/api/v2/alerts", "/in/in_alertmanager", "/in/in_alertmanager/"]
)
def test_a_key_of_another_kind_is_not_for_this_path(intake: Any, path: str):
    assert intake.send("POST", path, ALERT, JSON).status == 403
    assert intake.alerts() == []


@pytest.mark.parametrize(
    "path",
    ["/in/in_webhook/nothing", "/in/in_webhook//", "/in/in_webhook/WEBHOOK", "/in/in_webhook/../webhook",
     "/in/in_webhook/%00", "/in/in_webhook/\x00", "/in/in_webhook/" + "a" * 16_000, "/api/v2/nothing", "/api/v2/"],
)  # fmt: skip
def test_a_path_that_is_none_is_not_found(intake: Any, path: str):
    assert intake.send("POST", path, ALERT, JSON).status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_another_method_hears_which_are_allowed(intake: Any, method: str):
    heard = intake.send(method, "/in/in_webhook", ALERT, JSON)
    assert (heard.status, heard.headers["allow"]) == (405, "POST")
    if method != "GET":
        heard = intake.send(method, "/in/in_alertmanager/api/v2/alerts", ALERT, JSON)
        assert (heard.status, heard.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "application", "multipart/form-data",
     "application/json; charset=utf-7", "application/json; charset=utf-16", ";;;", "application/jsonx"],
)  # fmt: skip
def test_another_kind_of_body_is_refused(intake: Any, content_type: str):
    headers = {"Content-Type": content_type} if content_type else {}
    assert intake.send("POST", "/in/in_webhook", ALERT, headers).status == 415


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"']
)
def test_json_is_welcome_however_it_is_named(intake: Any, content_type: str):
    assert intake.send("POST", "/in/in_webhook", ALERT, {"Content-Type": content_type}).status == 202


@pytest.mark.parametrize(("kind", "limit"), [("webhook", limits.BODY), ("alertmanager", limits.BATCH_BODY)])
@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("announced", [True, False])
def test_the_size_of_a_body_is_bounded(intake: Any, kind: str, limit: int, more: int, announced: bool):
    alert = b'[{"labels": {"alertname": "X"}}]' if kind == "alertmanager" else ALERT
    body = alert + b" " * (limit + more - len(alert))
    headers = {"Content-Length": str(len(body))} if announced else {}
    chunks = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]
    heard = intake.post(kind, chunks, headers=headers)
    assert heard.status == (413 if more > 0 else 202 if kind == "webhook" else 200)
    assert ("connection" in heard.headers) == (more > 0)


def test_a_body_that_says_it_is_huge_is_refused_unread(intake: Any):
    assert intake.post("webhook", b"", headers={"Content-Length": "1" + "0" * 30}, hang=True).status == 413


def test_a_slow_body_is_given_up(intake: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.05)
    heard = intake.post("webhook", ALERT[:10], hang=True)
    assert (heard.status, heard.headers["connection"]) == (408, "close")


def test_a_client_that_leaves_in_the_middle_stores_nothing(intake: Any):
    assert intake.send("POST", "/in/in_webhook", [], JSON) is None
    assert intake.alerts() == []


def test_compressed_bodies_are_read_within_bounds(intake: Any):
    gzipped = {"Content-Encoding": "gzip"}
    assert intake.post("webhook", gzip.compress(ALERT), headers=gzipped).status == 202
    assert intake.post("webhook", ALERT, headers=gzipped).status == 400
    assert intake.post("webhook", gzip.compress(ALERT)).status == 400
    assert intake.post("webhook", gzip.compress(ALERT)[:-4], headers=gzipped).status == 400
    assert intake.post("webhook", ALERT, headers={"Content-Encoding": "br"}).status == 415
    bomb = gzip.compress(b" " * 100_000_000)
    begun = time.monotonic()
    for kind in ("webhook", "alertmanager"):
        assert intake.post(kind, bomb, headers=gzipped).status == 413
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize(
    "headers",
    [[("x-one", "a" * 17_000)], [(f"x-{each}", "a") for each in range(200)]],
)
def test_headers_are_bounded(intake: Any, headers: list[tuple[str, str]]):
    assert intake.send("POST", "/in/in_webhook", ALERT, [*JSON.items(), *headers]).status == 431


def test_a_query_is_bounded(intake: Any):
    assert intake.send("POST", "/in/in_webhook", ALERT, JSON, query="a" * 10_000).status == 400


def test_a_key_of_a_service_speaks_of_that_one_alone(intake: Any):
    body = b'{"name": "DiskFull", "service": "payment", "labels": {"service": "payment"}}'
    assert intake.send("POST", "/in/in_shop", body, JSON).status == 202
    assert [each.service for each in intake.alerts()] == ["shop"]


def test_only_the_key_that_opened_an_alert_ends_it(intake: Any):
    assert intake.post("webhook", b'{"name": "DiskFull", "labels": {"a": "b"}}').status == 202
    other = b'[{"labels": {"alertname": "DiskFull", "a": "b"}, "endsAt": "2026-11-21T10:00:00Z"}]'
    assert intake.post("alertmanager", other).status == 200
    assert [each.state for each in intake.alerts()] == ["firing"]


def test_a_revoked_key_is_refused_within_seconds(intake: Any):
    assert intake.post("webhook", ALERT).status == 202
    del intake.keys["in_webhook"]
    intake.clock.tick(1.1)
    assert intake.post("webhook", ALERT).status == 401


def test_when_the_store_fails_every_sender_is_told_to_come_again(
    intake: Any, monkeypatch: pytest.MonkeyPatch
):
    def broken(job: Any) -> Any:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(intake.store, "intake", broken)
    for kind, body in (
        ("webhook", ALERT),
        ("alertmanager", b'[{"labels": {"alertname": "X"}}]'),
        (
            "alertmanager_webhook",
            b'{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "X"}}]}',
        ),
    ):
        heard = intake.post(kind, body)
        assert (heard.status, heard.headers["retry-after"]) == (503, "5")
    monkeypatch.undo()
    assert intake.alerts() == []


def test_a_slow_store_does_not_hold_the_sender_for_ever(intake: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tocsin.sense.alerts.entrance.COMMIT_S", 0.05)
    monkeypatch.setattr("tocsin.sense.alerts.entrance._LOOK_S", 0.02)
    inner = intake.store.intake
    mended = threading.Event()

    def slow(job: Any) -> Any:
        mended.wait(30)
        return inner(job)

    monkeypatch.setattr(intake.store, "intake", slow)
    heard = intake.post("webhook", ALERT)
    mended.set()
    assert heard.status == 503


def test_a_mistake_of_ours_is_no_traceback_to_the_sender(intake: Any, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(intake.ledger, "entry", broken)
    with capture_logs() as logs:
        heard = intake.post("webhook", ALERT)
    assert heard.status == 503
    assert b"secret" not in heard.body
    assert b"Traceback" not in heard.body
    (entry,) = logs
    assert entry["path"] == "/in/…"


def test_an_error_names_the_field(intake: Any):
    error = intake.post("webhook", b'[{"name": "A"}, {"labels": {"a": ["b"]}}]').json["error"]
    assert error["field"] == "[1].labels.a"
    assert msgspec.json.decode(intake.post("alertmanager", b'[{"labels": {}}]').body).startswith(
        "[0].labels:"
    )


def test_a_write_that_fails_at_the_commit_is_not_answered_with_success(
    intake: Any, monkeypatch: pytest.MonkeyPatch
):
    inner = intake.store.intake

    def half(job: Any) -> Any:
        def then_fail(conn: Connection) -> Any:
            job(conn)
            raise Unavailable("no space left on device")

        return inner(then_fail)

    monkeypatch.setattr(intake.store, "intake", half)
    assert intake.post("webhook", ALERT).status == 503
    monkeypatch.undo()
    assert intake.alerts() == []
    assert intake.post("webhook", ALERT).json["alerts"][0]["result"] == "fired"
