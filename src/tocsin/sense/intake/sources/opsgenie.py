"""Tools that page through Opsgenie, as if Tocsin were it (Alert API v2).

Where a tool asks for an API key and an address of Opsgenie, give it a key of Tocsin and Tocsin's address:

    curl -H 'Authorization: GenieKey KEY' -H 'Content-Type: application/json' \
      -d '{"message": "disk full", "alias": "host1/disk"}' https://tocsin.example.com/v2/alerts

    receivers:                                          # an Alertmanager
      - name: tocsin
        opsgenie_configs: [{api_key: KEY, api_url: "https://tocsin.example.com/"}]

The key may also stand in the address: `api_url: https://tocsin.example.com/in/KEY/`. An alert is known by its `alias`;
without one it gets one, which is also what `id` and `tiny` mean here, so every `identifierType` finds it.
`POST /v2/alerts/ALIAS/close` ends it, `POST /v2/alerts/ALIAS/acknowledge` stops the paging of its incident, `PUT` to
`…/message` and `…/description` changes its text (Alertmanager's `update_alerts`). The answer is 202 once it is stored,
and `GET /v2/alerts/requests/ID` tells what became of it. `details`, `entity`, `source` and `priority` become labels, so
`service` among the details names the service; without a label `severity`, P1 to P5 count as critical, high, medium,
low and informational, and an alert without a priority pages as a high one. `responders`, `tags`, `note` and the rest
are kept as annotations: who is paged is decided here.

The format: https://docs.opsgenie.com/docs/alert-api and https://github.com/opsgenie/opsgenie-oas.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs

import msgspec

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, NotFound, Overloaded, TocsinError
from tocsin.sense.alerts import Alert, Outcome, Sender, Signal, get, id_of_key
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.details import as_text, read_dedup_key, read_details, read_object
from tocsin.sense.intake.house import House
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source, header_credential
from tocsin.sense.intake.strict_json import read_json

SEVERITIES = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low", "P5": "informational"}
ALIAS = 512
_IDENTIFIERS = ("id", "alias", "tiny")
_NAME_BYTES = 256
_ALERTS = "/v2/alerts"
_KEPT = ("responders", "visibleTo", "teams", "tags", "actions", "note", "user")
_Action = Literal["Create", "Close", "Acknowledge", "UpdateMessage", "UpdateDescription"]


class Opsgenie(Source):
    title = "Opsgenie (Alert API)"
    paths = (_ALERTS, "/v2/alerts/*/close", "/v2/alerts/*/acknowledge")
    serves: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "/v2/alerts/requests/*": ("GET",),
        "/v2/alerts/*/message": ("PUT",),
        "/v2/alerts/*/description": ("PUT",),
    }
    rooted = True
    examples = (
        Example(
            title="a disk is full",
            body=b'{"message": "disk full on host1", "alias": "host1-disk", "priority": "P1", "entity": "host1",'
            b' "details": {"service": "shop"}, "tags": ["disk"], "responders": [{"type": "team", "name": "ops"}]}',
            alerts=1,
            path=_ALERTS,
        ),
        Example(
            title="it has space again",
            body=b'{"source": "nagios"}',
            alerts=1,
            path="/v2/alerts/host1-disk/close",
            query="identifierType=alias",
        ),
    )

    def credential(self, message: Message) -> str:
        scheme, _, value = message.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() == "geniekey" else header_credential(message.headers)

    def read(self, message: Message, key: Key) -> Reading:
        value, mended = read_json(message.payload or b"{}")
        flags = set(mended)
        given = read_object(value, "body", fix='Send {"message": "…"}.')
        if message.path == _ALERTS:
            return Reading(signals=[_created(given, flags)])
        alias, verb = _identified(message)
        if verb == "acknowledge":
            return Reading(acknowledged=(alias,))
        name = text.long_text(alias, flags, _NAME_BYTES)
        return Reading(signals=[Signal(labels={"alertname": name}, resolved=True, dedup_key=alias)])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        if not reading.signals:
            return _accepted("Acknowledge", reading.acknowledged[0])
        signal = reading.signals[0]
        return _accepted("Close" if signal.resolved else "Create", signal.dedup_key or "")

    def refuse(self, error: TocsinError) -> Answer:
        where = f"{error.field}: " if error.field else ""
        told = f"{where}{error.message}" + (f"; {error.fix}" if error.fix else "")
        status = 429 if isinstance(error, Overloaded) else error.status
        return _said(status, {"message": told, "took": 0.0, "requestId": str(uuid.uuid4())})

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        if message.method == "GET":
            return _status(message.path.rpartition("/")[2], key, house)
        limits.check_content_type(message.headers.get("content-type"), self.content_types)
        alias, field = _identified(message)
        given = read_object(read_json(message.payload)[0], "body", fix=f'Send {{"{field}": "…"}}.')
        flags: set[str] = set()
        told = text.long_text(text.scalar(given.get(field), field), flags)
        if not told:
            raise Invalid("is required", field=field, fix=f'Send {{"{field}": "…"}}.')
        alert = _found(alias, key, house)
        if alert is not None and alert.state == "firing":
            annotation = "summary" if field == "message" else field
            signal = Signal(
                labels=alert.labels,
                annotations={**alert.annotations, annotation: told},
                value=alert.value,
                url=alert.url,
                dedup_key=alias,
                flags=tuple(sorted({*alert.flags, *flags})),
            )
            house.ledger.record([signal], Sender(key=key.id, source=key.kind, service=key.service))
        return _accepted("UpdateMessage" if field == "message" else "UpdateDescription", alias)


def _identified(message: Message) -> tuple[str, str]:
    """The alias in the path, and what is to be done with its alert."""
    kind = parse_qs(message.query).get("identifierType", ["id"])[-1]
    if kind not in _IDENTIFIERS:
        raise Invalid("is no type", field="identifierType", fix=f"Use one of {', '.join(_IDENTIFIERS)}.")
    identifier, _, verb = message.path.removeprefix(f"{_ALERTS}/").rpartition("/")
    return read_dedup_key(identifier, "identifier", longest=ALIAS) or "", verb


def _created(given: Mapping[str, Any], flags: set[str]) -> Signal:
    summary = text.long_text(text.scalar(given.get("message"), "message"), flags).strip()
    if not summary:
        raise Invalid("is required", field="message", fix='Send {"message": "…"}.')
    alias = given.get("alias")
    dedup_key = (
        read_dedup_key(alias, "alias", longest=ALIAS) if alias not in (None, "") else str(uuid.uuid4())
    )
    labels, annotations = _details(given, flags)
    labels["alertname"] = text.long_text(
        " ".join((labels.get("alertname") or summary).split()), flags, _NAME_BYTES
    )
    annotations["summary"] = summary
    if given.get("description"):
        annotations["description"] = text.long_text(text.scalar(given["description"], "description"), flags)
    source = labels.get("source", "")
    return Signal(
        labels=labels,
        annotations={**read_details({name: given.get(name) for name in _KEPT}, "body", flags), **annotations},
        value=text.number(annotations.get("value") or labels.get("value")),
        url=text.link(source, "source", flags) if source.startswith(("http://", "https://")) else "",
        dedup_key=dedup_key,
        flags=tuple(sorted(flags)),
    )


def _details(given: Mapping[str, Any], flags: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Labels, and as annotations the details that are too long for a label."""
    details = read_details(given.get("details"), "details", flags)
    labels = {name: each for name, each in details.items() if len(each.encode()) <= limits.LABEL_VALUE_BYTES}
    annotations = {name: each for name, each in details.items() if name not in labels}
    for name in ("entity", "source", "priority"):
        told = text.long_text(as_text(given.get(name)), flags, limits.LABEL_VALUE_BYTES).strip()
        if told:
            labels[name] = told
    priority = labels.get("priority", "").upper()
    if priority in SEVERITIES:
        labels.setdefault("severity", SEVERITIES[priority])
    elif priority:
        flags.add(f"its priority is none of {', '.join(SEVERITIES)}")
    return labels, annotations


def _found(alias: str, key: Key, house: House) -> Alert | None:
    with house.store.read() as conn:
        return get(conn, id_of_key(alias, Sender(key=key.id, source=key.kind)))


def _said(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(body), headers=JSON)


def _accepted(action: _Action, alias: str) -> Answer:
    """The request's id holds what was asked, so that whichever process is asked later knows it."""
    request = base64.urlsafe_b64encode(msgspec.json.encode((action, alias))).decode().rstrip("=")
    return _said(202, {"result": "Request will be processed", "took": 0.0, "requestId": request})


def _status(request: str, key: Key, house: House) -> Answer:
    """What became of a request. Raises NotFound for an id that we did not give."""
    try:
        padded = request + "=" * (-len(request) % 4)
        action, alias = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=tuple[_Action, str])
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise NotFound("there is no such request", fix="Use the requestId that an answer told.") from None
    alert = _found(alias, key, house)
    if alert is not None and alert.episode == 0:
        alert = None  # it was closed without ever having been opened
    done = alert is not None and (action != "Close" or alert.state == "resolved")
    data: dict[str, Any] = {
        "success": done,
        "isSuccess": done,
        "action": action,
        "status": _DONE[action] if done else "Alert does not exist",
        "integrationId": key.id,
        "alias": alias,
        "alertId": alias if alert else "",
        "processedAt": alert.last_seen if alert else None,
    }
    return _said(200, {"data": data, "took": 0.0, "requestId": request})


_DONE: Mapping[_Action, str] = {
    "Create": "Created alert",
    "Close": "Closed alert",
    "Acknowledge": "Acknowledged alert",
    "UpdateMessage": "Updated message",
    "UpdateDescription": "Updated description",
}
