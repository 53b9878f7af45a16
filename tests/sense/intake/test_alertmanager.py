"""Tocsin as an Alertmanager: alerts in and out, groups, silences, and who sees what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Overloaded, TocsinError, TooMany, Unavailable
from tocsin.sense.alerts import claim, done
from tocsin.sense.intake import every_source

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
HEADERS = {"Authorization": "Bearer in_alertmanager", "Content-Type": "application/json"}
UNKNOWN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


def ask(intake: Any, path: str, body: Any = None, *, method: str = "GET", **query: Any) -> Any:
    data = b"" if body is None else json.dumps(body).encode()
    return intake.send(method, f"/api/v2/{path}", data, HEADERS, urlencode(query, doseq=True))


def fire(intake: Any, *alerts: dict[str, str]) -> None:
    heard = ask(intake, "alerts", [{"labels": each} for each in alerts], method="POST")
    assert heard.status == 200


def triaged(intake: Any) -> None:
    """Somebody has judged all that is new."""
    intake.store.write(lambda conn: done(conn, [each.seq for each in claim(conn, "test", 1_000)]))


def silence(**more: Any) -> dict[str, Any]:
    return {
        "matchers": [{"name": "alertname", "value": "DiskFull", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-21T10:00:00.000Z",
        "endsAt": "2026-11-21T12:00:00.000Z",
        "createdBy": "mei",
        "comment": "new disk ordered",
        **more,
    }


def put(intake: Any, **more: Any) -> str:
    heard = ask(intake, "silences", silence(**more), method="POST")
    assert heard.status == 200, heard.body
    return heard.json["silenceID"]


def names(intake: Any, **query: Any) -> list[str]:
    heard = ask(intake, "alerts", **query)
    assert heard.status == 200, heard.body
    return sorted(each["labels"]["alertname"] for each in heard.json)


def test_an_alert_is_shown_as_alertmanager_shows_it(intake: Any):
    body = [
        {
            "labels": {"alertname": "DiskFull", "host": "a"},
            "annotations": {"summary": "5xx > 5%"},
            "startsAt": "2026-11-21T09:59:00.5Z",
            "endsAt": "2026-11-21T10:03:00Z",
            "generatorURL": "http://prometheus/graph",
        },
        {"labels": {"alertname": "Slow"}},
    ]
    ask(intake, "alerts", body, method="POST")
    triaged(intake)
    slow, full = ask(intake, "alerts").json
    assert full == {
        "annotations": {"summary": "5xx > 5%"},
        "endsAt": "2026-11-21T10:03:00Z",
        "fingerprint": full["fingerprint"],
        "receivers": [{"name": "tocsin"}],
        "startsAt": "2026-11-21T09:59:00.500000Z",
        "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": "2026-11-21T10:00:00Z",
        "labels": {"alertname": "DiskFull", "host": "a"},
        "generatorURL": "http://prometheus/graph",
    }
    assert "generatorURL" not in slow
    assert slow["annotations"] == {}


def test_what_nobody_has_judged_is_unprocessed_and_seen_at_once(intake: Any):
    fire(intake, {"alertname": "DiskFull"})
    assert ask(intake, "alerts").json[0]["status"]["state"] == "unprocessed"
    assert names(intake, unprocessed="false") == ["DiskFull"]
    assert names(intake, active="false") == ["DiskFull"]
    assert names(intake, active="false", unprocessed="false") == []
    triaged(intake)
    assert names(intake, active="false") == []


def test_a_silenced_alert_says_by_which(intake: Any):
    fire(intake, {"alertname": "DiskFull"}, {"alertname": "Slow"})
    triaged(intake)
    by = put(intake)
    states = {each["labels"]["alertname"]: each["status"] for each in ask(intake, "alerts").json}
    assert states["DiskFull"] == {"inhibitedBy": [], "mutedBy": [], "silencedBy": [by], "state": "suppressed"}
    assert states["Slow"]["state"] == "active"
    assert names(intake, silenced="false") == ["Slow"]
    assert names(intake, active="false", unprocessed="false", inhibited="false") == ["DiskFull"]
    assert ask(intake, f"silence/{by}", method="DELETE").status == 200
    assert names(intake, silenced="false") == ["DiskFull", "Slow"]


def test_maintenance_mutes(intake: Any):
    fire(intake, {"alertname": "DiskFull", "service": "shop"})
    triaged(intake)
    window = intake.rooms.folds.maintenance.put(
        title="new disks", services=("shop",), matchers=(), starts_at=NOW, ends_at=NOW + timedelta(hours=1),
        recurs="", zone="UTC", comment="", created_by="mei",
    )  # fmt: skip
    (alert,) = ask(intake, "alerts").json
    assert (alert["status"]["mutedBy"], alert["status"]["state"]) == ([window.id], "suppressed")


def test_matchers_choose(intake: Any):
    fire(intake, {"alertname": "A", "severity": "warning"}, {"alertname": "B", "severity": "critical"})
    assert names(intake, filter='severity=~"warn.*"') == ["A"]
    assert names(intake, filter=['severity!="warning"', 'alertname="B"']) == ["B"]
    assert names(intake, filter=['severity!="warning"', 'alertname="A"']) == []
    assert names(intake, receiver="toc.*") == ["A", "B"]
    assert names(intake, receiver="toc") == []
    assert names(intake, receiver_matchers='owner="payments"') == []
    assert names(intake, receiver_matchers='owner!="payments"') == ["A", "B"]


@pytest.mark.parametrize(
    "query", [{"active": "maybe"}, {"filter": "nonsense"}, {"filter": 'a=~"("'}, {"receiver": "("}]
)
@pytest.mark.parametrize("path", ["alerts", "alerts/groups"])
def test_a_question_that_makes_no_sense_is_refused(intake: Any, path: str, query: dict[str, str]):
    heard = ask(intake, path, **query)
    assert heard.status == 400
    assert isinstance(heard.json, str)


def test_groups_are_by_service_or_else_by_name(intake: Any):
    fire(
        intake,
        {"alertname": "A", "service": "shop"},
        {"alertname": "B", "service": "shop"},
        {"alertname": "C", "host": "a"},
        {"alertname": "C", "host": "b"},
    )
    groups = ask(intake, "alerts/groups").json
    assert [(each["labels"], len(each["alerts"]), each["receiver"]) for each in groups] == [
        ({"alertname": "C"}, 2, {"name": "tocsin"}),
        ({"service": "shop"}, 2, {"name": "tocsin"}),
    ]
    (only,) = ask(intake, "alerts/groups", filter="alertname=A").json
    assert [each["labels"]["alertname"] for each in only["alerts"]] == ["A"]


def test_a_key_sees_its_own_alerts_or_all(intake: Any):
    fire(intake, {"alertname": "A"})
    intake.post("webhook", b'{"name": "of another key"}')
    assert names(intake) == ["A"]
    intake.keys["in_alertmanager"] = replace(intake.keys["in_alertmanager"], settings={"sees": "all"})
    intake.clock.tick(2)
    assert names(intake) == ["A", "of another key"]
    shown = {each["labels"]["alertname"]: each["endsAt"] for each in ask(intake, "alerts").json}
    assert shown["of another key"] == "2026-11-21T10:05:02Z"


def test_an_alert_of_two_senders_goes_on_until_the_last_falls_silent(intake: Any):
    intake.keys["in_second"] = replace(intake.keys["in_alertmanager"], id="key_second")
    body = b'[{"labels": {"alertname": "DiskFull"}}]'
    for _ in range(3):
        for key in ("in_alertmanager", "in_second"):
            assert intake.send("POST", f"/in/{key}/api/v2/alerts", body, HEADERS).status == 200
        intake.clock.tick(60)
    for _ in range(5):
        assert intake.send("POST", "/in/in_second/api/v2/alerts", body, HEADERS).status == 200
        intake.clock.tick(120)
        intake.ledger.flush()
        intake.ledger.expire(intake.clock.now())
    (alert,) = intake.alerts()
    assert (alert.state, alert.episode) == ("firing", 1)
    intake.clock.tick(301)
    intake.ledger.expire(intake.clock.now())
    assert intake.alerts()[0].state == "resolved"


# Silences


def test_a_silence_is_kept_as_it_was_sent_and_with_the_key(intake: Any):
    matchers = [
        {"name": "alertname", "value": "foo", "isRegex": False, "isEqual": True},
        {"name": "env", "value": "pr.+", "isRegex": True, "isEqual": True},
        {"name": "team", "value": "x", "isRegex": False, "isEqual": False},
        {"name": "job", "value": "a|b", "isRegex": True, "isEqual": False},
    ]
    name = itemgetter("name")
    id_ = put(intake, matchers=matchers, annotations={"ticket": "T-1"})
    shown = ask(intake, f"silence/{id_}").json
    assert sorted(shown.pop("matchers"), key=name) == sorted(matchers, key=name)
    assert shown == {
        "id": id_,
        "status": {"state": "active"},
        "updatedAt": "2026-11-21T10:00:00Z",
        "comment": "new disk ordered",
        "createdBy": "mei",
        "startsAt": "2026-11-21T10:00:00Z",
        "endsAt": "2026-11-21T12:00:00Z",
        "annotations": {"ticket": "T-1"},
    }
    assert [(each.by, each.what) for each in intake.rooms.folds.silences.get(id_).acts] == [
        ("key:key_alertmanager", "created")
    ]


def test_an_older_client_does_not_say_isequal(intake: Any):
    id_ = put(intake, matchers=[{"name": "alertname", "value": "foo", "isRegex": False}])
    assert ask(intake, f"silence/{id_}").json["matchers"][0]["isEqual"] is True


def test_a_silence_is_changed_ended_and_begun_anew(intake: Any):
    id_ = put(intake)
    assert put(intake, id=id_, endsAt="2026-11-21T11:00:00Z", comment="disk is here") == id_
    assert ask(intake, f"silence/{id_}").json["endsAt"] == "2026-11-21T11:00:00Z"
    assert ask(intake, f"silence/{id_}", method="DELETE").status == 200
    assert ask(intake, f"silence/{id_}").json["status"] == {"state": "expired"}
    assert ask(intake, f"silence/{id_}", method="DELETE").status == 200
    assert put(intake, id=id_) != id_


def test_silences_are_listed_by_state_and_chosen_by_their_matchers(intake: Any):
    later = put(intake, startsAt="2026-11-21T11:00:00Z")
    active = put(intake, matchers=[{"name": "alertname", "value": "Slow", "isRegex": False}])
    over = put(intake, matchers=[{"name": "alertname", "value": "Old", "isRegex": False}])
    ask(intake, f"silence/{over}", method="DELETE")

    def ids(**query: Any) -> list[str]:
        return [each["id"] for each in ask(intake, "silences", **query).json]

    assert ids() == [active, later, over]
    assert ids(expired="false") == [active, later]
    assert ids(active="false", expired="false") == [later]
    assert ids(filter="alertname=Slow") == [active]
    assert ids(filter='alertname=~"Slow|Old"', pending="false") == [active, over]


def test_a_broad_silence_is_confirmed_in_its_comment(intake: Any):
    everything = [{"name": "alertname", "value": ".*", "isRegex": True}]
    heard = ask(intake, "silences", silence(matchers=everything), method="POST")
    assert heard.status == 400
    assert "begin the comment with [confirmed]" in heard.json
    id_ = put(intake, matchers=everything, comment="[confirmed] the whole data centre moves")
    assert ask(intake, f"silence/{id_}").json["comment"] == "[confirmed] the whole data centre moves"


def test_a_silence_that_nobody_made_is_not_found(intake: Any):
    assert ask(intake, f"silence/{UNKNOWN}").status == 404
    assert ask(intake, f"silence/{UNKNOWN}", method="DELETE").status == 404
    heard = ask(intake, "silences", silence(id=UNKNOWN), method="POST")
    assert (heard.status, UNKNOWN in heard.json) == (404, True)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"matchers": []}, "matchers"),
        ({"matchers": None}, "matchers"),
        ({"matchers": ["alertname=a"]}, "matchers[0]"),
        ({"matchers": [{"value": "a", "isRegex": False}]}, "name"),
        ({"matchers": [{"name": "a", "isRegex": False}]}, "value"),
        ({"matchers": [{"name": "a", "value": "b"}]}, "matchers[0].isRegex"),
        ({"matchers": [{"name": "a", "value": "b", "isRegex": "no"}]}, "matchers[0].isRegex"),
        ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, ""),
        ({"startsAt": "now"}, "startsAt"),
        ({"endsAt": None}, "endsAt"),
        ({"endsAt": "2026-11-21T09:00:00Z"}, ""),
        ({"createdBy": None}, "createdBy"),
        ({"comment": None}, "comment"),
        ({"comment": ["a"]}, "comment"),
        ({"annotations": ["a"]}, "annotations"),
    ],
)
def test_what_is_wrong_with_a_silence_is_named(intake: Any, wrong: dict[str, Any], named: str):
    heard = ask(intake, "silences", silence(**wrong), method="POST")
    assert heard.status == 400
    assert heard.json.startswith(f"{named}: " if named else "")
    assert ask(intake, "silences").json == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"a"'])
def test_a_body_that_is_no_silence_is_refused(intake: Any, body: bytes):
    assert intake.send("POST", "/api/v2/silences", body, HEADERS).status == 400
    form = HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}
    assert intake.send("POST", "/api/v2/silences", body, form).status == 415


# The rest


def test_status_tells_of_a_configuration_that_amtool_can_read(intake: Any):
    status = ask(intake, "status").json
    assert status["cluster"] == {"peers": [], "status": "disabled"}
    assert set(status["versionInfo"]) == {
        "branch",
        "buildDate",
        "buildUser",
        "goVersion",
        "revision",
        "version",
    }
    assert "receiver: tocsin" in status["config"]["original"]
    assert status["uptime"] == "2026-11-21T10:00:00Z"


@pytest.mark.parametrize("error", [TooMany, Overloaded])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("alertmanager", 503),
        ("alertmanager_webhook", 503),
        ("grafana", 503),
        ("pagerduty", 429),
        ("opsgenie", 429),
    ],
)
def test_who_sends_too_much_hears_what_makes_it_send_again(kind: str, status: int, error: type[TocsinError]):
    answer = every_source()[kind].refuse(error("too many messages", fix="Send it again in a moment."))
    assert answer.status == status


@pytest.mark.parametrize("kind", ["alertmanager", "alertmanager_webhook", "grafana", "pagerduty", "opsgenie"])
def test_when_the_store_is_away_everybody_hears_503(kind: str):
    assert every_source()[kind].refuse(Unavailable("nothing was stored")).status == 503
