"""Pings as curl, cron jobs and the clients of Healthchecks send them."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.sense.heartbeats import Heartbeat, HeartbeatSection

RID = "7b3cd3d4-5e53-4f0f-8a0b-2ae2a36f3a52"


@pytest.fixture
def backup(intake: Any) -> Heartbeat:
    """A heartbeat made by hand, so that any key of the kind may ping it by name."""
    return intake.rooms.heartbeats.add("backup", settings())


@pytest.fixture(autouse=True)
def _addresses_open_doors(intake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the application does it: the address of a heartbeat is a key to it."""
    beats = intake.rooms.heartbeats
    find = intake.keys.get
    monkeypatch.setattr(intake.receiver, "_authenticate", lambda plain: find(plain) or beats.key_of(plain))


def settings(**more: Any) -> Any:
    section = HeartbeatSection.model_validate({"heartbeats": {"x": {"period": "1h", "grace": "5m"} | more}})
    return section.heartbeats["x"]


def ping(intake: Any, path: str, method: str = "GET", body: bytes = b"", query: str = "") -> Any:
    heard = intake.send(method, path, body, {"User-Agent": "curl/8.0"}, query)
    intake.rooms.heartbeats.tick()
    return heard


def state(intake: Any, name: str = "backup") -> str:
    return intake.rooms.heartbeats.get(name).state(intake.clock.now())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_job_pings_its_address(intake: Any, backup: Heartbeat, method: str):
    heard = ping(intake, f"/ping/{backup.uuid}", method)
    assert (heard.status, heard.body) == (200, b"OK")
    assert heard.headers["ping-body-limit"] == "10000"
    assert heard.headers["access-control-allow-origin"] == "*"
    assert state(intake) == "up"


@pytest.mark.parametrize(
    ("end", "is_"),
    [
        ("", "up"), ("/", "up"), ("/start", "started"), ("/fail", "down"), ("/log", "new"), ("/0", "up"),
        ("/1", "down"), ("/255", "down"), ("/fail/", "down"), ("/007", "down"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["/ping/{uuid}", "/ping/in_heartbeat/backup", "/in/in_heartbeat/ping/backup"])
def test_what_follows_the_address_says_how_the_job_is(
    intake: Any, backup: Heartbeat, by: str, end: str, is_: str
):
    assert ping(intake, by.format(uuid=backup.uuid) + end).status == 200
    assert state(intake) == is_


def test_a_key_may_also_ping_a_uuid_or_come_in_a_header(intake: Any, backup: Heartbeat):
    assert ping(intake, f"/in/in_heartbeat/ping/{backup.uuid}/start").status == 200
    assert state(intake) == "started"
    heard = intake.send("POST", "/ping/backup/fail", b"", {"Authorization": "Bearer in_heartbeat"})
    assert heard.status == 200
    assert state(intake) == "down"


def test_the_output_of_a_failure_stands_on_its_alert_cut_and_readable(intake: Any, backup: Heartbeat):
    output = b"\x1b[31mno space\x00 left\xff\n" + b"x" * 20_000
    assert ping(intake, f"/ping/{backup.uuid}/2", "POST", output).status == 200
    (alert,) = intake.alerts()
    assert alert.annotations["output"].startswith("[31mno space left�\nxxx")
    assert len(alert.annotations["output"]) <= 10_000
    assert alert.annotations["summary"] == "backup failed with exit status 2"
    assert (alert.source, alert.state) == ("heartbeat", "firing")
    ping(intake, f"/ping/{backup.uuid}")
    assert intake.alerts()[0].state == "resolved"


def test_a_run_is_paired_by_its_rid(intake: Any, backup: Heartbeat):
    ping(intake, f"/ping/{backup.uuid}/start", query=f"rid={RID}")
    intake.clock.tick(90)
    ping(intake, f"/ping/{backup.uuid}/0", query=f"rid={RID.upper()}")
    (end, _) = intake.rooms.heartbeats.pings("backup")
    assert (end.duration.total_seconds(), end.ping.rid, end.ping.agent) == (90, RID, "curl/8.0")


def test_a_ping_may_make_its_heartbeat_as_the_key_says(intake: Any):
    path = "/ping/in_heartbeat/nightly-export"
    heard = ping(intake, path)
    assert (heard.status, heard.body) == (404, b"not found")
    heard = ping(intake, path, "POST", query="create=1")
    assert (heard.status, heard.body) == (201, b"Created")
    assert ping(intake, path, "POST", query="create=1").status == 200
    made = intake.rooms.heartbeats.get("nightly-export")
    assert (made.period.total_seconds(), made.grace.total_seconds()) == (86_400, 3_600)
    assert made.key == "key_heartbeat"


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("/ping/00000000-0000-4000-8000-000000000000", "", 404, b"not found"),
        ("/ping/00000000-0000-4000-8000-000000000000/start", "", 404, b"not found"),
        ("/ping/in_nobody/backup", "", 404, b"not found"),
        ("/ping/some-other-key/backup", "", 404, b"not found"),
        ("/ping/in_webhook/backup", "", 404, b"not found"),
        ("/ping/in_heartbeat/other", "", 404, b"not found"),
        ("/ping/in_heartbeat", "", 400, b"invalid url format"),
        ("/ping/nonsense", "", 400, b"invalid url format"),
        ("/ping", "", 400, b"invalid url format"),
        ("/ping/in_heartbeat/backup/256", "", 400, b"invalid url format"),
        ("/ping/in_heartbeat/backup/-1", "", 400, b"invalid url format"),
        ("/ping/in_heartbeat/backup/finish", "", 400, b"invalid url format"),
        ("/ping/in_heartbeat/Backup%20now", "create=1", 400, b"invalid url format"),
        ("/ping/in_heartbeat/" + "x" * 65, "create=1", 400, b"invalid url format"),
        ("/ping/in_heartbeat/backup", "rid=7", 400, b"invalid uuid format"),
        ("/ping/in_heartbeat/backup", "&".join("a=1" for _ in range(30)), 400, b"invalid url format"),
    ],
)
def test_what_is_no_ping_is_refused_in_the_words_of_healthchecks(
    intake: Any, backup: Heartbeat, path: str, query: str, status: int, words: bytes
):
    heard = ping(intake, path, query=query)
    assert (heard.status, heard.body) == (status, words)
    assert heard.headers["content-type"].startswith("text/plain")
    assert state(intake) == "new"


def test_a_slug_that_means_two_jobs_is_refused(intake: Any):
    ping(intake, "/ping/in_heartbeat/sync", query="create=1")
    intake.rooms.heartbeats._current = lambda: HeartbeatSection.model_validate({"heartbeats": {"sync": {}}})
    intake.rooms.heartbeats.tick()
    heard = ping(intake, "/ping/in_heartbeat/sync")
    assert (heard.status, heard.body) == (409, b"ambiguous slug")


def test_the_address_of_one_job_opens_no_other(intake: Any, backup: Heartbeat):
    intake.rooms.heartbeats.add("other", settings())
    assert ping(intake, f"/in/{backup.uuid}/ping/other").status == 404
    assert state(intake, "other") == "new"


def test_a_flood_of_pings_loses_no_state(intake: Any, backup: Heartbeat):
    for each in range(60):
        assert intake.send("GET", f"/ping/{backup.uuid}/{each % 2}", b"", {}).status == 200
    intake.rooms.heartbeats.tick()
    assert (state(intake), intake.rooms.heartbeats.get("backup").pings) == ("down", 60)
    assert intake.alerts()[0].state == "firing"


def test_another_method_is_told_which_there_are(intake: Any, backup: Heartbeat):
    heard = ping(intake, f"/ping/{backup.uuid}", "DELETE")
    assert (heard.status, heard.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_job_may_send_more_output_than_is_kept(intake: Any, backup: Heartbeat):
    assert ping(intake, f"/ping/{backup.uuid}", "POST", b"x" * 1_000_000).status == 200
    assert len(intake.rooms.heartbeats.pings("backup")[0].ping.body) == 10_000
