"""What is remembered of each delivery, what never is, and what it costs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from tocsin.ground.kernel.errors import NotFound, Unavailable
from tocsin.ground.kernel.secret import know
from tocsin.sense.intake import Mailbook, store

ALERT = b'{"name": "DiskFull", "service": "shop"}'
JSON = {"Content-Type": "application/json"}


def rows(intake: Any) -> int:
    with intake.store.read() as conn:
        return conn.scalar(select(func.count()).select_from(store.received)) or 0


def test_a_delivery_is_remembered_with_the_answer_it_got(intake: Any):
    intake.post("webhook", ALERT)
    intake.mailbook.flush()
    intake.clock.tick(2)
    intake.post("webhook", b'{"summary": "no name"}')
    refused, taken = intake.mailbook.latest("key_webhook")
    assert (taken.method, taken.path, taken.body, taken.size) == ("POST", "", ALERT.decode(), len(ALERT))
    assert (taken.status, taken.outcome, taken.alerts, taken.changes) == (202, "taken", 1, 0)
    assert json.loads(taken.answer)["status"] == "accepted"
    assert (refused.status, refused.outcome, refused.alerts) == (422, "refused", 0)
    assert "name" in json.loads(refused.answer)["error"]["field"]
    assert refused.at > taken.at
    assert intake.mailbook.get(taken.id) == taken
    assert intake.mailbook.get(refused.id) == refused


def test_it_stays_over_a_restart(intake: Any):
    intake.post("webhook", ALERT)
    intake.mailbook.stop()
    again = Mailbook(intake.store, intake.clock)
    assert again.latest("key_webhook") == intake.mailbook.latest("key_webhook")
    assert again.health(["key_webhook"])["key_webhook"].messages == {"taken": 1}


def test_each_key_keeps_its_last_hundred(intake: Any):
    for number in range(130):
        intake.post("webhook", json.dumps({"name": f"A{number}"}).encode())
        if number % 40 == 0:
            intake.mailbook.flush()
    intake.post("alertmanager", b"[]")
    intake.mailbook.flush()
    kept = intake.mailbook.latest("key_webhook")
    assert [json.loads(each.body)["name"] for each in kept] == [f"A{number}" for number in range(129, 29, -1)]
    assert rows(intake) == 101


def test_no_key_signature_or_secret_is_kept(intake: Any):
    know("hunter2hunter2")
    headers = {
        **JSON,
        "Authorization": "Bearer in_webhook",
        "Cookie": "session=abcdefgh",
        "X-Hub-Signature-256": "sha256=abcdefgh",
        "X-Gitlab-Token": "abcdefgh",
        "X-Odd": "in_webhook",
        "User-Agent": "curl/8",
    }
    body = b'{"name": "A", "routing": "in_webhook", "note": "it is hunter2hunter2"}'
    intake.send("POST", "/in/in_webhook", body, headers, query="token=abcdefgh&room=7&k=in_webhook")
    (kept,) = intake.mailbook.latest("key_webhook")
    intake.mailbook.flush()
    assert kept == intake.mailbook.latest("key_webhook")[0]
    assert not {"in_webhook", "abcdefgh", "hunter2hunter2"} & set(str(kept).replace("'", " ").split())
    assert "in_webhook" not in str(kept)
    assert "abcdefgh" not in str(kept)
    assert "hunter2" not in str(kept)
    assert kept.query == "token=***&room=7&k=***"
    assert kept.headers["user-agent"] == "curl/8"
    assert kept.headers["authorization"] == kept.headers["cookie"] == kept.headers["x-gitlab-token"] == "***"
    assert kept.incomplete == "a secret was taken out of it"


def test_long_bodies_and_odd_ones_are_kept_as_far_as_they_can_be_read(intake: Any):
    intake.post("webhook", b'{"name": "A", "text": "' + b"x" * 100_000 + b'"}')
    intake.post("webhook", b'{"name": "\xff\0"}')
    odd, long = intake.mailbook.latest("key_webhook")
    assert (len(long.body), long.size) == (64 * 1024, 100_025)
    assert "65536 of its 100025" in long.incomplete
    assert odd.body == '{"name": "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"}'
    assert odd.incomplete == "it is not text"
    intake.mailbook.flush()
    assert intake.mailbook.latest("key_webhook") == [odd, long]


def test_questions_are_no_deliveries_and_strangers_have_no_mailbook(intake: Any):
    assert intake.send("GET", "/in/in_alertmanager/api/v2/alerts").status == 200
    assert intake.send("POST", "/in/in_nobody", ALERT, JSON).status == 401
    assert intake.mailbook.latest("key_alertmanager") == []
    intake.mailbook.flush()
    assert rows(intake) == 0


def test_a_storm_writes_few_rows_and_loses_no_count(intake: Any, monkeypatch: pytest.MonkeyPatch):
    written: list[int] = []
    inner = store.remember
    monkeypatch.setattr(
        store, "remember", lambda conn, new, most: (written.append(len(new)), inner(conn, new, most))
    )
    for _ in range(20):
        for _ in range(150):
            intake.post("webhook", ALERT)
        intake.mailbook.tick()
        intake.clock.tick(1)
    assert written == [100, 100]
    health = intake.mailbook.health(["key_webhook"])["key_webhook"]
    assert (health.messages, health.alerts, health.state) == ({"taken": 3_000}, 3_000, "ok")


def test_what_waits_is_bounded_in_memory(intake: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tocsin.sense.intake.deliveries._WAITING_BYTES", 1_000)
    for number in range(30):
        intake.post("webhook", json.dumps({"name": f"A{number}", "text": "x" * 90}).encode())
    kept = intake.mailbook.latest("key_webhook")
    assert len(kept) == 30
    assert sum(len(each.body) for each in kept) < 1_200
    assert kept[0].incomplete
    intake.mailbook.flush()
    intake.post("webhook", ALERT)
    assert intake.mailbook.latest("key_webhook")[0].body == ALERT.decode()


def test_what_the_store_did_not_take_waits_on(intake: Any, monkeypatch: pytest.MonkeyPatch):
    def broken(job: Any) -> Any:
        raise Unavailable("the disk is full")

    intake.post("webhook", ALERT)
    monkeypatch.setattr(intake.store, "write", broken)
    with pytest.raises(Unavailable):
        intake.mailbook.tick()
    intake.mailbook.stop()
    intake.post("webhook", ALERT)
    monkeypatch.undo()
    intake.mailbook.flush()
    assert len(Mailbook(intake.store, intake.clock).latest("key_webhook")) == 2
    assert intake.mailbook.health(["key_webhook"])["key_webhook"].messages == {"taken": 2}


def test_the_health_of_a_key_is_told_by_its_last_hour(intake: Any):
    health = intake.mailbook.health(["key_webhook", "key_alertmanager"])
    assert [each.state for each in health.values()] == ["unused", "unused"]
    intake.post("webhook", ALERT)
    intake.clock.tick(3_700)
    intake.post("webhook", b"[")
    intake.post("alertmanager", b'[{"labels": {"alertname": "A"}}, {"labels": {}}]')
    for _ in range(2):
        health = intake.mailbook.health(["key_webhook", "key_alertmanager"])
        assert (health["key_webhook"].state, health["key_webhook"].messages) == ("refusing", {"refused": 1})
        told = health["key_alertmanager"]
        assert (told.state, told.messages, told.alerts) == ("ok", {"partly": 1}, 1)
        intake.mailbook.flush()


def test_a_delivery_that_nobody_remembers_is_not_found(intake: Any):
    with pytest.raises(NotFound):
        intake.mailbook.get("rcv_nothing")
