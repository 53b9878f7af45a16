"""Which alerts fire? Read them, and send some as plain JSON."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request

from tocsin.faces.api.answers import After, Limit, Name, Page, page
from tocsin.faces.api.gate import Routes, context_of, key_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import NotFound
from tocsin.sense import alerts
from tocsin.sense.alerts import API, Alert, Sender
from tocsin.sense.alerts.held import Held, held
from tocsin.sense.intake import limits
from tocsin.sense.intake.plain_alert import read_plain

routes = Routes("alerts")

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_ALERT = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "service": {"type": "string"},
        "status": {"enum": ["firing", "resolved"], "default": "firing"},
        "dedup_key": {"type": "string"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "value": {"type": "number"},
        "url": {"type": "string"},
        "starts_at": {"type": "string", "format": "date-time"},
        "ends_at": {"type": "string", "format": "date-time"},
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldAnswer:
    """Why an alert that fires pages nobody now: ids of silences, of maintenance windows, and of other alerts."""

    silences: list[str]
    windows: list[str]
    inhibited_by: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertAnswer:
    """An alert as it stands now. `count` is how often it was heard; `incident` the newest that it belongs to.

    `held` is null where nothing holds it back.
    """

    id: str
    fingerprint: str
    name: str
    service: str
    labels: dict[str, str]
    annotations: dict[str, str]
    value: float | None
    state: str
    source: str
    url: str
    starts_at: datetime
    ends_at: datetime | None
    last_seen: datetime
    count: int
    incident: str | None
    held: HeldAnswer | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of one alert: `fired`, `updated`, `duplicate`, `resolved`, `unknown`, `late` or `refused`."""

    id: str
    result: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The alerts of a message, in its order. They are on disk."""

    alerts: list[Taken]


@routes.get("/alerts", permission=Permission.READ, summary="List alerts, latest start first")
def list_alerts(
    request: Request,
    state: Annotated[Literal["firing", "resolved"] | None, Query()] = None,
    service: Annotated[Name | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[AlertAnswer]:
    context = context_of(request)
    with context.store.read() as conn:
        found = alerts.list_alerts(conn, state=state, service=service, limit=limit + 1, after=after)
        incidents = context.incidents.of_alerts(conn, [alert.id for alert in found])
    why = held(context.folds, found)
    return page([_answer(alert, incidents.get(alert.id), why.get(alert.id)) for alert in found], limit, "id")


@routes.get("/alerts/{alert}", permission=Permission.READ, summary="One alert")
def get_alert(request: Request, alert: Name) -> AlertAnswer:
    context = context_of(request)
    with context.store.read() as conn:
        found = alerts.get(conn, alert)
        if found is None:
            raise NotFound(f"there is no alert {alert}", fix="`tocsin alert list` shows them.")
        incident = context.incidents.of_alerts(conn, [found.id]).get(found.id)
    return _answer(found, incident, held(context.folds, [found]).get(found.id))


@routes.post(
    "/alerts",
    permission=Permission.SEND,
    summary="Send one alert, or a list of them",
    body={"oneOf": [_ALERT, {"type": "array", "items": _ALERT}]},
)
async def send(request: Request) -> Accepted:
    """All are taken or none. An unknown field becomes an annotation, so that `"error_rate": 0.4` is a measure.

    With an intake key the alerts are of that key; only whoever opened an alert can resolve it.
    """
    limits.check_content_type(request.headers.get("content-type"), ("application/json",))
    coding = request.headers.get("content-encoding", "")
    payload = limits.decode(await request.body(), coding, limits.BODY)
    key = key_of(request)
    sender = Sender(key=key.id, source=key.kind, service=key.service) if key else API
    signals = read_plain(payload)
    outcomes = await asyncio.wrap_future(context_of(request).ledger.submit(signals, sender))
    return Accepted(alerts=[Taken(id=each.alert, result=each.result) for each in outcomes])


def _answer(alert: Alert, incident: str | None, why: Held | None) -> AlertAnswer:
    return AlertAnswer(
        id=alert.id,
        fingerprint=alert.fingerprint,
        name=alert.name,
        service=alert.service,
        labels=alert.labels,
        annotations=alert.annotations,
        value=alert.value,
        state=alert.state,
        source=alert.source,
        url=alert.url,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        last_seen=alert.last_seen,
        count=alert.count,
        incident=incident,
        held=HeldAnswer(
            silences=[each.id for each in why.silences],
            windows=[each.id for each in why.windows],
            inhibited_by=list(why.inhibited_by),
        )
        if why
        else None,
    )
