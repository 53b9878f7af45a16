"""Sentry tells of a shop's errors, and the SDK of the shop does so itself.

The webhooks are those of getsentry/sentry-docs, docs/organization/integrations/integration-platform/webhooks/*.mdx,
shortened and with other dates; the envelopes were recorded from the SDK for Python.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forged import SECRET, forged_hex, hex_of, refuse_all

from tocsin.ground.kernel.errors import Overloaded
from tocsin.sense.intake import every_source

DATA = Path(__file__).parents[2] / "data" / "sentry"
ENVELOPE = {"Content-Type": "application/x-sentry-envelope"}
INSTALLATION = {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"}
SENTRY = {"id": "sentry", "name": "Sentry", "type": "application"}
EVENT = {
    "_ref": 1,
    "_ref_version": 2,
    "contexts": {"browser": {"name": "Chrome", "type": "browser", "version": "75.0.3770"}},
    "culprit": "?(<anonymous>)",
    "datetime": "2026-01-01T06:06:17.677000Z",
    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
    "issue_url": "https://sentry.io/api/0/issues/1117540176/",
    "issue_id": "1117540176",
    "level": "error",
    "message": "",
    "metadata": {"filename": "<anonymous>", "type": "ReferenceError", "value": "heck is not defined"},
    "platform": "javascript",
    "project": 1,
    "release": None,
    "tags": [["browser", "Chrome 75.0.3770"], ["environment", "production"], ["level", "error"]],
    "title": "ReferenceError: heck is not defined",
    "type": "error",
    "url": "https://sentry.io/api/0/projects/test-org/front-end/events/e4874d664c3540c1a32eab185f12c5ab/",
    "web_url": "https://sentry.io/organizations/test-org/issues/1117540176/events/e4874d664c3540c1a32eab185f12c5ab/",
}


@pytest.fixture
def send(intake: Any):
    def post(resource: str, body: Any, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return intake.post("sentry", raw, headers={"Sentry-Hook-Resource": resource, **headers})

    return post


@pytest.fixture
def envelope(intake: Any):
    """Sends an envelope as an SDK does: to the root, with the key of the DSN."""

    def post(
        body: bytes,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        path: str = "/api/42/envelope/",
    ) -> Any:
        auth = {
            "X-Sentry-Auth": "Sentry sentry_key=in_sentry, sentry_version=7, sentry_client=sentry.python/2.75.0"
        }
        return intake.send("POST", path, body, {**ENVELOPE, **(auth if headers is None else headers)}, query)

    return post


@pytest.fixture
def settings(intake: Any):
    def put(**values: Any) -> None:
        intake.keys["in_sentry"] = replace(intake.keys["in_sentry"], settings=values)
        intake.clock.tick(2)  # the receiver has to look the key up again

    return put


def event_alert(**more: Any) -> dict[str, Any]:
    data = {"event": EVENT | more, "triggered_rule": "Very Important Alert Rule!"}
    return {"action": "triggered", "actor": SENTRY, "data": data, "installation": INSTALLATION}


def issue(action: str, number: str = "1117540176", **more: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "shortId": "FRONT-END-9",
        "title": "ReferenceError: heck is not defined",
        "culprit": "?(runner)",
        "level": "error",
        "metadata": {"filename": "/runner", "type": "ReferenceError", "value": "heck is not defined"},
        "permalink": None,
        "project": {"id": "1", "name": "front-end", "platform": "", "slug": "front-end"},
        "status": "unresolved",
        "substatus": "escalating",
        "web_url": "https://sentry.io/organizations/test-org/issues/1117540176/",
    }
    return {"action": action, "actor": SENTRY, "data": {"issue": told | more}, "installation": INSTALLATION}


def metric(action: str, **more: Any) -> dict[str, Any]:
    return {
        "action": action,
        "actor": SENTRY,
        "data": {
            "description_text": "1000 events in the last 10 minutes\\nFilter: level:error",
            "description_title": f"{action.title()}: Too many errors",
            "metric_alert": {
                "alert_rule": {
                    "aggregate": "count()",
                    "environment": None,
                    "id": "7",
                    "name": "Too many errors",
                    "projects": ["bar"],
                    "query": "level:error",
                    "triggers": [],
                },
                "date_created": "2026-01-01T06:26:40.000000Z",
                "id": "4",
                "identifier": "1",
                "projects": ["bar"],
                "title": "Sacred Marmot",
            }
            | more,
            "web_url": "https://sentry.io/organizations/baz/alerts/1/",
        },
        "installation": INSTALLATION,
    }


def of(kind: str, payload: bytes, **header: Any) -> bytes:
    """An envelope with one item."""
    head = json.dumps({"event_id": "9ec79c33ec9942ab8353589fcb2e04dc"}).encode()
    return b"\n".join((head, json.dumps({"type": kind, "length": len(payload)} | header).encode(), payload))


def error(**more: Any) -> bytes:
    frames = [
        {"module": "shop.cart", "function": "add", "in_app": True},
        {"module": "requests.api", "function": "post", "in_app": False},
    ]
    raised = {"type": "TimeoutError", "value": "30 s", "stacktrace": {"frames": frames}}
    told = {"level": "error", "exception": {"values": [raised]}, "environment": "lab", "platform": "python"}
    return of("event", json.dumps(told | more).encode())


# Webhooks


def test_an_issue_alert_opens_what_the_issue_ends(intake: Any, send: Any):
    heard = send("event_alert", event_alert())
    assert (heard.status, heard.json) == (200, {"status": "accepted"})
    (alert,) = intake.alerts()
    assert (alert.name, alert.state, alert.source) == ("ReferenceError", "firing", "sentry")
    assert alert.labels == {
        "alertname": "ReferenceError",
        "project": "front-end",
        "environment": "production",
        "severity": "error",
    }
    assert alert.annotations["summary"] == "ReferenceError: heck is not defined"
    assert alert.annotations["rule"] == "Very Important Alert Rule!"
    assert alert.url.startswith("https://sentry.io/organizations/test-org/issues/1117540176/")
    send("event_alert", event_alert(event_id="2", datetime="2026-01-01T06:16:17.677000Z"))
    assert len(intake.alerts()) == 1, "another event of the same issue"
    assert send("issue", issue("resolved")).status == 200
    assert intake.alerts()[0].state == "resolved"


@pytest.mark.parametrize("action", ["resolved", "archived", "ignored"])
def test_an_issue_that_is_put_away_is_over(intake: Any, send: Any, action: str):
    send("event_alert", event_alert())
    send("issue", issue("assigned"))
    assert intake.alerts()[0].state == "firing"
    send("issue", issue(action))
    assert intake.alerts()[0].state == "resolved"


def test_an_issue_that_comes_back_fires_again(intake: Any, send: Any):
    at = int(intake.clock.now().timestamp())
    send("event_alert", event_alert())
    send("issue", issue("resolved"), **{"Sentry-Hook-Timestamp": str(at - 60)})
    send("issue", issue("unresolved", substatus="regressed"), **{"Sentry-Hook-Timestamp": str(at)})
    (alert,) = intake.alerts()
    assert (alert.state, alert.episode, alert.annotations["substatus"]) == ("firing", 2, "regressed")


def test_an_issue_alert_that_comes_late_does_not_open_what_is_over(intake: Any, send: Any):
    at = int(intake.clock.now().timestamp())
    send("event_alert", event_alert())
    send("issue", issue("resolved"), **{"Sentry-Hook-Timestamp": str(at)})
    send("event_alert", event_alert())
    assert intake.alerts()[0].state == "resolved"


def test_a_new_issue_alerts_by_itself_only_where_it_is_asked_for(intake: Any, send: Any, settings: Any):
    send("issue", issue("created"))
    assert intake.alerts() == []
    settings(new_issues=True)
    send("issue", issue("created"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.labels["project"]) == ("ReferenceError", "front-end")
    assert alert.annotations["issue"] == "FRONT-END-9"


def test_a_metric_alert_is_one_alert_for_its_rule(intake: Any, send: Any):
    send("metric_alert", metric("warning"))
    send("metric_alert", metric("critical"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.labels["severity"], alert.labels["project"]) == (
        "Too many errors",
        "critical",
        "bar",
    )
    assert alert.annotations["query"] == "level:error"
    send("metric_alert", metric("resolved"))
    assert intake.alerts()[0].state == "resolved"
    send("metric_alert", metric("critical", id="5"))
    (alert,) = intake.alerts()
    assert (alert.state, alert.episode) == ("firing", 2), "the next incident of the same rule"


def test_an_error_that_was_subscribed_to_is_an_alert_of_its_issue(intake: Any, send: Any):
    body = {"action": "created", "actor": SENTRY, "data": {"error": EVENT}, "installation": INSTALLATION}
    send("error", body)
    without = {name: each for name, each in EVENT.items() if name != "issue_id"}
    send("error", body | {"data": {"error": without}})
    assert len(intake.alerts()) == 1, "the issue stands in its address, too"


@pytest.mark.parametrize(
    "resource", ["installation", "comment", "activity_alert", "seer", "preprod_artifact"]
)
def test_what_nobody_has_to_be_paged_for_is_taken_and_forgotten(intake: Any, send: Any, resource: str):
    body = {"action": "created", "actor": SENTRY, "data": {resource: {}}, "installation": INSTALLATION}
    assert send(resource, body).status == 200
    assert intake.alerts() == []


def test_a_signed_message_is_taken_and_a_forged_one_is_not(
    intake: Any, send: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SENTRY_SECRET_OF_A_TEST", SECRET)
    settings(secret="env:SENTRY_SECRET_OF_A_TEST")
    body = json.dumps(event_alert()).encode()
    cases = forged_hex(body, "Sentry-Hook-Signature")
    refuse_all(cases, lambda headers: send("event_alert", body, **headers), lambda: len(intake.alerts()))
    signed = {"Sentry-Hook-Signature": hex_of(body)}
    assert [send("event_alert", body, **signed).status for _ in range(2)] == [200, 200]
    (alert,) = intake.alerts()
    assert alert.episode == 1, "sent again it is the same alert"


def test_a_body_that_is_no_text_is_refused(intake: Any, send: Any):
    assert send("event_alert", b'{"action": "\xff"}').status == 400


@pytest.mark.parametrize(
    ("resource", "body", "field"),
    [
        ("", event_alert(), "Sentry-Hook-Resource"),
        ("event_alert", {"action": "triggered"}, "data"),
        ("event_alert", {"data": {"event": []}}, "data.event"),
        ("event_alert", event_alert(issue_id=None, issue_url=None), "data.event.issue_id"),
        ("event_alert", event_alert(datetime="2026-02-30T00:00:00Z"), "data.event.datetime"),
        ("event_alert", event_alert(title={"a": 1}), "data.event.title"),
        ("issue", {"data": {}}, "action"),
        ("issue", issue("resolved", id=""), "data.issue.id"),
        ("metric_alert", metric("melting"), "action"),
        ("metric_alert", {"action": "critical", "data": {}}, "data.metric_alert"),
    ],
)
def test_what_is_wrong_is_named(intake: Any, send: Any, resource: str, body: Any, field: str):
    heard = send(resource, body)
    assert (heard.status, heard.json["error"]["field"]) == (422, field)
    assert intake.alerts() == []


@pytest.mark.parametrize("tags", [None, 7, {"environment": "lab"}, [["environment"]], ["x"], [[1, 2]]])
def test_tags_may_have_any_form(intake: Any, send: Any, tags: Any):
    assert send("event_alert", event_alert(tags=tags)).status == 200
    assert len(intake.alerts()) == 1


# The SDK


def test_an_exception_becomes_an_alert_of_its_type_and_place(intake: Any, envelope: Any):
    heard = envelope((DATA / "exception.envelope").read_bytes())
    assert (heard.status, heard.json) == (200, {"id": "4913c50209cc42908af6fbdc32a84391"})
    (alert,) = intake.alerts()
    assert alert.labels == {
        "alertname": "ZeroDivisionError",
        "project": "42",
        "environment": "lab",
        "culprit": "__main__ in sentry",
        "severity": "error",
    }
    assert alert.annotations["summary"] == "ZeroDivisionError: division by zero"
    assert (alert.annotations["release"], alert.annotations["server"]) == ("reco@1.2.3", "vm")
    assert alert.expires_at is not None, "over when it is not seen again"


def test_transactions_and_messages_below_the_level_are_taken_and_dropped(
    intake: Any, envelope: Any, settings: Any
):
    for name in ("transaction", "message"):
        heard = envelope((DATA / f"{name}.envelope").read_bytes())
        assert heard.status == 200
        assert heard.json["id"]
    assert intake.alerts() == []
    settings(level="warning")
    envelope((DATA / "message.envelope").read_bytes())
    (alert,) = intake.alerts()
    assert (alert.name, alert.labels["severity"], alert.labels["culprit"]) == (
        "checkout slow",
        "warning",
        "recommend",
    )


def test_the_same_error_elsewhere_is_another_alert(intake: Any, envelope: Any):
    for more in (
        {},
        {},
        {"environment": "production"},
        {"exception": {"values": [{"type": "TimeoutError"}]}},
    ):
        assert envelope(error(**more)).status == 200
    envelope(error(), path="/api/43/envelope/")
    assert len(intake.alerts()) == 4
    assert sorted(each.count for each in intake.alerts()) == [1, 1, 1, 1], (
        "repeats are counted in memory first"
    )


def test_a_program_may_group_its_errors_itself(intake: Any, envelope: Any):
    for value in ("1", "2"):
        raised = {"values": [{"type": f"Error{value}", "value": value}]}
        envelope(error(exception=raised, fingerprint=["checkout", "payment"]))
    assert len(intake.alerts()) == 1
    envelope(error(fingerprint=["{{ default }}", "more"]))
    assert len(intake.alerts()) == 2


def test_the_last_exception_of_a_chain_counts_and_frames_of_the_program_before_those_of_libraries(
    intake: Any, envelope: Any
):
    envelope(
        error(exception={"values": [{"type": "KeyError"}, {"type": "CheckoutFailed", "value": "no price"}]})
    )
    envelope(error())
    assert {(each.name, each.labels.get("culprit")) for each in intake.alerts()} == {
        ("CheckoutFailed", None),
        ("TimeoutError", "shop.cart in add"),
    }


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"exception": None, "message": "no stock"}, "no stock"),
        ({"exception": None, "message": {"formatted": "no stock of 7"}}, "no stock of 7"),
        (
            {"exception": None, "logentry": {"message": "no stock of %s", "formatted": "no stock of 7"}},
            "no stock of %s",
        ),
        ({"exception": {"values": [{"type": None, "value": "7"}]}}, "Error"),
        ({"exception": None}, "Error"),
    ],
)
def test_an_event_without_a_type_is_known_by_its_message(intake: Any, envelope: Any, more: Any, name: str):
    assert envelope(error(**more)).status == 200
    assert intake.alerts()[0].name == name


@pytest.mark.parametrize(
    "kind", ["session", "sessions", "attachment", "profile", "check_in", "log", "client_report"]
)
def test_what_is_no_event_is_taken_and_dropped(intake: Any, envelope: Any, kind: str):
    assert envelope(of(kind, b"\x00\xff\x1f\x8b not text at all\n{]")).status == 200
    assert intake.alerts() == []


def test_an_event_with_a_screenshot_is_read_and_the_screenshot_dropped(intake: Any, envelope: Any):
    picture = b"\x89PNG\r\n\x1a\n\xff\n\n"
    item = json.dumps({"type": "attachment", "length": len(picture), "filename": "a.png"}).encode()
    assert envelope(b"\n".join((error(), item, picture))).status == 200
    assert len(intake.alerts()) == 1


def test_an_item_may_be_without_length_and_the_envelope_end_without_a_newline(intake: Any, envelope: Any):
    body = b'{}\n{"type":"event"}\n{"message":"a","level":"error"}\n{"type":"event"}\n{"message":"b","level":"fatal"}'
    assert envelope(body).json == {}
    assert {each.labels["severity"] for each in intake.alerts()} == {"error", "critical"}


def test_an_envelope_comes_compressed(intake: Any, envelope: Any):
    auth = {"X-Sentry-Auth": "Sentry sentry_key=in_sentry,sentry_version=7", "Content-Encoding": "gzip"}
    assert envelope(gzip.compress(error()), auth).status == 200
    assert len(intake.alerts()) == 1


@pytest.mark.parametrize(
    ("headers", "query", "path"),
    [
        ({"X-Sentry-Auth": "Sentry sentry_version=7, sentry_key=in_sentry"}, "", "/api/1/envelope/"),
        ({"X-Sentry-Auth": "sentry sentry_key=in_sentry"}, "", "/api/1/envelope/"),
        ({}, "sentry_key=in_sentry&sentry_version=7", "/api/1/envelope/"),
        (
            {"Content-Type": "text/plain;charset=UTF-8"},
            "sentry_version=7&sentry_key=in_sentry",
            "/api/1/envelope/",
        ),
        ({}, "", "/in/in_sentry/api/1/envelope/"),
    ],
)
def test_the_key_of_a_dsn_may_stand_in_several_places(
    intake: Any, envelope: Any, headers: dict[str, str], query: str, path: str
):
    heard = envelope(error(), headers, query, path)
    assert heard.status == 200
    assert heard.headers["access-control-allow-origin"] == "*", "for the SDK of a browser"
    assert len(intake.alerts()) == 1


@pytest.mark.parametrize(
    "auth",
    ["", "Sentry", "Sentry sentry_key=", "Sentry sentry_key=nobody", "Bearer in_sentry", "Sentry ß=1, ,="],
)
def test_a_key_that_nobody_knows_is_refused(intake: Any, envelope: Any, auth: str):
    assert envelope(error(), {"X-Sentry-Auth": auth}).status == 401
    assert intake.alerts() == []


def test_an_sdk_needs_no_signature_even_where_webhooks_do(
    intake: Any, envelope: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SENTRY_SECRET_OF_A_TEST", SECRET)
    settings(secret="env:SENTRY_SECRET_OF_A_TEST")
    assert envelope(error()).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"no json\n", 400),
        (b"[]\n", 422),
        (b"{}\n{}\n{}", 422),
        (b'{}\n{"type":"event","length":99}\n{}', 400),
        (b'{}\n{"type":"event","length":-1}\n{}', 400),
        (b'{}\n{"type":"event","length":true}\n{}', 400),
        (b'{}\n{"type":"event","length":"2"}\n{}', 400),
        (b'{}\n{"type":"event"}\nnot json', 400),
        (b'{}\n{"type":"event"}\n\xff\xfe', 400),
        (b'{}\n{"type":"event"}\n{"exception":{"values":[7]}}', 422),
        (b'{}\n{"type":"event"}\n{"exception":{"values":[{"stacktrace":{"frames":7}}]}}', 422),
        (b'{}\n{"type":"event"}\n{"fingerprint":[{}]}', 422),
        (b"{}\n" + b'{"type":"log","length":0}\n' * 101, 422),
    ],
)
def test_an_envelope_that_makes_no_sense_is_refused(intake: Any, envelope: Any, body: bytes, status: int):
    assert envelope(body).status == status
    assert intake.alerts() == []


def test_an_sdk_that_sends_too_much_is_told_to_be_silent_for_a_while(
    intake: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: Any) -> Any:
        raise Overloaded("too many alerts wait to be written", fix="Send it again in a moment.")

    monkeypatch.setattr(type(intake.ledger), "post", full)
    heard = envelope(error())
    assert heard.status == 429
    assert int(heard.headers["retry-after"]) > 0
    assert heard.headers["access-control-expose-headers"] == "retry-after", "for the SDK of a browser"
    assert heard.json["detail"] == heard.json["error"]["message"]


def test_webhooks_are_not_taken_at_the_root_of_the_site(intake: Any):
    assert not intake.receiver.serves("/")
    assert not intake.receiver.serves("/webhook")
    assert intake.receiver.serves("/api/42/envelope/")


def test_a_key_fits_into_a_dsn_of_every_sdk():
    made = {every_source()["sentry"].new_secret() for _ in range(10)}
    assert len(made) == 10
    assert all(len(each) == 32 and each.isalnum() for each in made)
