"""Tools that page through PagerDuty, as if Tocsin were it (Events API v2).

Where a tool asks only for an integration key, and its address of PagerDuty can be changed, point it here; the key of
Tocsin has 32 characters like one of theirs and goes into the body as `routing_key`:

    pagerduty.EventsApiV2Client("KEY", base_url="https://tocsin.example.com").trigger("disk full", "host1")

    receivers:                                          # an Alertmanager
      - name: tocsin
        pagerduty_configs: [{routing_key: KEY, url: "https://tocsin.example.com/v2/enqueue"}]

The key may also stand in the address, `/in/KEY/v2/enqueue`; then `routing_key` is not looked at. `trigger` opens or
renews the alert of its `dedup_key`, `acknowledge` stops the paging of its incident, also for later triggers, `resolve`
ends it; who sends no `dedup_key` hears the one that was made for it. Acknowledge and resolve for an alert that does not
fire, or that came by another key, are dropped with 202. While the service is watched after an end the same incident
opens again; after that a trigger opens a new one. `severity`, `source`, `component`, `group` and `class` become labels
(`class`, else `summary`, is the alert's name), `custom_details` annotations, so `"error_rate": 0.4` in it can be a
measure of a policy; `service` in it names the service. A severity that PagerDuty does not know is taken and pages as a
high one. `/v2/change/enqueue` takes changes: they are shown beside incidents and page nobody.

The format: https://developer.pagerduty.com/docs/events-api-v2-overview, send-alert-event and send-change-events.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, Overloaded, TocsinError
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.changes import Change
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.details import as_text, read_dedup_key, read_details, read_object
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source, header_credential
from tocsin.sense.intake.strict_json import read_json

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
_CHANGES = "/v2/change/enqueue"
_REQUIRED = ("summary", "source", "severity")
_NAME_BYTES = 256


class PagerDuty(Source):
    title = "PagerDuty (Events API v2)"
    paths = ("/v2/enqueue", _CHANGES)
    rooted = True
    key_in_body = True
    examples = (
        Example(
            title="a disk is full",
            body=b'{"routing_key": "KEY", "event_action": "trigger", "dedup_key": "host1/disk", "payload": {'
            b' "summary": "disk full on host1", "source": "host1", "severity": "critical", "component": "sda1",'
            b' "class": "DiskFull", "custom_details": {"free": "0 %"}},'
            b' "links": [{"href": "https://wiki.example.com/disk", "text": "runbook"}]}',
            alerts=1,
            path="/v2/enqueue",
        ),
        Example(
            title="it has space again",
            body=b'{"routing_key": "KEY", "event_action": "resolve", "dedup_key": "host1/disk"}',
            alerts=1,
            path="/v2/enqueue",
        ),
        Example(
            title="a build went out",
            body=b'{"routing_key": "KEY", "payload": {"summary": "Build 2 is out", "source": "ci",'
            b' "timestamp": "2026-11-21T08:42:58.315+0000", "custom_details": {"build_number": "2"}},'
            b' "links": [{"href": "https://ci.example.com/build/2", "text": "build"}]}',
            alerts=0,
            changes=1,
            path=_CHANGES,
        ),
    )

    def new_secret(self) -> str:
        return secrets.token_hex(16)

    def credential(self, message: Message) -> str:
        """The routing key, else what the headers carry."""
        if message.payload:
            limits.check_content_type(message.headers.get("content-type"), self.content_types)
            value, _ = read_json(message.payload)
            if isinstance(value, dict):
                key: Any = value.get("routing_key")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - decoded JSON
                if isinstance(key, str) and key:
                    return key
        return header_credential(message.headers)

    def read(self, message: Message, key: Key) -> Reading:
        value, mended = read_json(message.payload)
        event = read_object(value, "body", fix='Send {"event_action": "trigger", "payload": {…}}.')
        if message.path == _CHANGES:
            return Reading(changes=[_change(event, message)])
        action = event.get("event_action")
        if action not in ACTIONS:
            fix = f"Send one of {', '.join(ACTIONS)}."
            raise Invalid("is no action", field="event_action", fix=fix)
        dedup_key = _dedup_key(event.get("dedup_key"), action)
        if action == "acknowledge":
            return Reading(acknowledged=(dedup_key,))
        return Reading(signals=[_signal(event, action, dedup_key, set(mended))])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        if reading.changes:
            return _said(202, {"status": "success", "message": "Change event processed"})
        dedup_key = reading.signals[0].dedup_key if reading.signals else reading.acknowledged[0]
        return _said(202, {"status": "success", "message": "Event processed", "dedup_key": dedup_key})

    def refuse(self, error: TocsinError) -> Answer:
        status = {422: 400}.get(error.status, 429 if isinstance(error, Overloaded) else error.status)
        where = f"{error.field}: " if error.field else ""
        errors = [f"{where}{error.message}", *([error.fix] if error.fix else [])]
        if status == 400:
            body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
        elif status == 429:
            body = {"status": "throttle exceeded", "message": error.message, "errors": errors}
        else:
            body = {"status": error.code, "message": error.message, "errors": errors}
        return _said(status, body)


def _said(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(body), headers=JSON)


def _dedup_key(value: Any, action: Any) -> str:
    """The sender's key, or for a trigger without one a key of its own, as PagerDuty makes it."""
    if action == "trigger" and (value is None or value == ""):
        return str(uuid.uuid4())
    key = read_dedup_key(value, "dedup_key")
    if key is None:
        fix = "Send the dedup_key of the trigger, which its answer told."
        raise Invalid(f"is required to {action}", field="dedup_key", fix=fix)
    return key


def _signal(event: Mapping[str, Any], action: Any, dedup_key: str, flags: set[str]) -> Signal:
    if action == "resolve" and not isinstance(event.get("payload"), dict):
        return Signal(
            labels={"alertname": text.long_text(dedup_key, flags, _NAME_BYTES)},
            resolved=True,
            dedup_key=dedup_key,
        )
    payload = _payload(event)
    at = text.moment(payload.get("timestamp"), "payload.timestamp", flags)
    labels, annotations = _words(event, payload, flags)
    return Signal(
        labels=labels,
        annotations=annotations,
        resolved=action == "resolve",
        starts_at=at if action == "trigger" else None,
        ends_at=at if action == "resolve" else None,
        value=text.number(annotations.get("value")),
        url=_url(event, flags),
        dedup_key=dedup_key,
        flags=tuple(sorted(flags)),
    )


def _payload(event: Mapping[str, Any], required: Sequence[str] = _REQUIRED) -> dict[str, Any]:
    needs = ", ".join(f'"{each}": "…"' for each in required)
    payload = read_object(event.get("payload"), "payload", fix=f"Send {{{needs}}}.")
    for name in required:
        if not text.clean(text.scalar(payload.get(name), f"payload.{name}")).strip():
            raise Invalid("is required", field=f"payload.{name}", fix=f"Send {{{needs}}}.")
    return payload


def _words(
    event: Mapping[str, Any], payload: Mapping[str, Any], flags: set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations. Texts too long for a label are cut: a page too few would be worse."""
    details = read_details(payload.get("custom_details"), "payload.custom_details", flags)
    summary = text.long_text(text.scalar(payload["summary"], "payload.summary"), flags)
    severity = text.scalar(payload["severity"], "payload.severity").strip().lower()
    if severity not in SEVERITIES:
        flags.add(f"its severity is none of {', '.join(SEVERITIES)}")
    named = {
        name: text.scalar(payload.get(name), f"payload.{name}")
        for name in ("source", "component", "group", "class")
    }
    named["severity"] = severity
    named["service"] = details.get("service", "")
    labels = {
        name: kept
        for name, each in named.items()
        if (kept := text.long_text(each, flags, limits.LABEL_VALUE_BYTES).strip())
    }
    labels["alertname"] = text.long_text(" ".join((named["class"] or summary).split()), flags, _NAME_BYTES)
    told = {name: event.get(name) for name in ("client", "client_url", "links", "images")}
    annotations = {**details, **read_details(told, "body", flags), "summary": summary}
    return labels, annotations


def _url(event: Mapping[str, Any], flags: set[str]) -> str:
    if event.get("client_url"):
        return text.link(event["client_url"], "client_url", flags)
    links = event.get("links")
    first: Any = links[0] if isinstance(links, list) and links else None  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    return text.link(first.get("href"), "links[0].href", flags) if isinstance(first, dict) else ""  # pyright: ignore[reportUnknownMemberType] - decoded JSON


def _change(event: Mapping[str, Any], message: Message) -> Change:
    """PagerDuty's changes have no key: the same bytes with a time in them are the same change, sent again."""
    flags: set[str] = set()
    payload = _payload(event, required=("summary",))
    at: datetime | None = text.moment(payload.get("timestamp"), "payload.timestamp", flags)
    told = blake2b(message.payload, digest_size=16).hexdigest() if at else uuid.uuid4().hex
    details = read_details(payload.get("custom_details"), "payload.custom_details", flags)
    return Change(
        dedup_key=told,
        kind="change",
        title=text.long_text(
            text.scalar(payload["summary"], "payload.summary"), flags, limits.LABEL_VALUE_BYTES
        ),
        state="succeeded",
        at=at or message.at,
        service=text.long_text(details.get("service", ""), flags, limits.LABEL_VALUE_BYTES),
        by=text.long_text(as_text(payload.get("source")), flags, limits.LABEL_VALUE_BYTES),
        url=_url(event, flags),
    )
