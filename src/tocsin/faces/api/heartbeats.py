"""Which jobs report, and which do not? Heartbeats: read them, make them, pause them, remove them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import StringConstraints, ValidationError

from tocsin.faces.api.answers import Body, Line, Name, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission, allowed
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.heartbeats import Heartbeat, Pinged
from tocsin.sense.heartbeats.section import BeatSlug, HeartbeatSettings

routes = Routes("heartbeats")

_Span = Annotated[str, StringConstraints(max_length=40)]


@dataclass(frozen=True, kw_only=True, slots=True)
class HeartbeatAnswer:
    """A heartbeat as it stands now: `new`, `up`, `started`, `late`, `down` or `paused`; `trouble` says why it is down.

    `ping_url` is where its job reports; it is null for who may not send alerts.
    """

    id: str
    slug: str
    name: str
    state: str
    trouble: str
    ping_url: str | None
    service: str
    configured: bool
    period_seconds: float | None
    cron: str
    time_zone: str
    grace_seconds: float
    max_runtime_seconds: float
    severity: str
    labels: dict[str, str]
    created_at: datetime
    pings: int
    last_ping: datetime | None
    last_duration_seconds: float | None
    exit_status: int | None
    output: str
    due_at: datetime | None
    since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PingAnswer:
    """One report: `success`, `start`, `fail` or `log`."""

    n: int
    at: datetime
    kind: str
    rid: str
    exit_status: int | None
    duration_seconds: float | None
    method: str
    agent: str
    body: str


class NewHeartbeat(Body):
    """A job that has to report. Either `period` or `cron`; durations as in `1h30m`. Else as under `heartbeats:`."""

    slug: BeatSlug
    name: Line = ""
    service: Name | None = None
    period: _Span | None = None
    cron: Annotated[str, StringConstraints(max_length=100)] | None = None
    time_zone: Line | None = None
    grace: _Span | None = None
    max_runtime: _Span | None = None
    severity: Line = ""


@routes.get("/heartbeats", permission=Permission.READ, summary="The jobs that have to report, by name")
def list_heartbeats(request: Request) -> Page[HeartbeatAnswer]:
    return Page(items=[_answer(request, each) for each in context_of(request).heartbeats.list()], next=None)


@routes.get("/heartbeats/{heartbeat}", permission=Permission.READ, summary="One of them")
def get_heartbeat(request: Request, heartbeat: Name) -> HeartbeatAnswer:
    return _answer(request, context_of(request).heartbeats.get(heartbeat))


@routes.get(
    "/heartbeats/{heartbeat}/pings", permission=Permission.READ, summary="Its last reports, latest first"
)
def list_pings(
    request: Request, heartbeat: Name, limit: Annotated[int, Query(ge=1, le=100)] = 100
) -> Page[PingAnswer]:
    found = context_of(request).heartbeats.pings(heartbeat, limit)
    return Page(items=[_ping_answer(each) for each in found], next=None)


@routes.post("/heartbeats", permission=Permission.OPERATE, summary="Make one")
def add(request: Request, body: NewHeartbeat) -> HeartbeatAnswer:
    given = body.model_dump(exclude={"slug"}, exclude_none=True)
    try:
        settings = HeartbeatSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise Invalid(message, field=field, fix="Write it as under `heartbeats:` in tocsin.yaml.") from None
    return _answer(request, context_of(request).heartbeats.add(body.slug, settings))


@routes.post("/heartbeats/{heartbeat}/pause", permission=Permission.RESPOND, summary="Watch it no more")
def pause(request: Request, heartbeat: Name) -> HeartbeatAnswer:
    """Its alert is over. It is watched again once it reports, or is resumed."""
    return _answer(request, context_of(request).heartbeats.pause(heartbeat))


@routes.post("/heartbeats/{heartbeat}/resume", permission=Permission.RESPOND, summary="Watch it again")
def resume(request: Request, heartbeat: Name) -> HeartbeatAnswer:
    return _answer(request, context_of(request).heartbeats.resume(heartbeat))


@routes.post("/heartbeats/{heartbeat}/remove", permission=Permission.OPERATE, summary="Remove it")
def remove(request: Request, heartbeat: Name) -> HeartbeatAnswer:
    """Its alert is over and its address is unknown from now on. One of the configuration is removed there."""
    return _answer(request, context_of(request).heartbeats.remove(heartbeat))


def _answer(request: Request, beat: Heartbeat) -> HeartbeatAnswer:
    context = context_of(request)
    open_to = allowed(identity_of(request), Permission.SEND)
    return HeartbeatAnswer(
        id=beat.id,
        slug=beat.slug,
        name=beat.name,
        state=beat.state(context.clock.now()),
        trouble=beat.trouble,
        ping_url=f"{context.catalogue().public_url}/ping/{beat.uuid}" if open_to else None,
        service=beat.service,
        configured=beat.configured,
        period_seconds=beat.period.total_seconds() if beat.period else None,
        cron=beat.schedule.cron,
        time_zone=beat.schedule.zone,
        grace_seconds=beat.grace.total_seconds(),
        max_runtime_seconds=beat.max_runtime.total_seconds(),
        severity=beat.severity,
        labels=dict(beat.labels),
        created_at=beat.created_at,
        pings=beat.pings,
        last_ping=beat.last_ping,
        last_duration_seconds=beat.last_duration.total_seconds() if beat.last_duration is not None else None,
        exit_status=beat.exit_status,
        output=beat.output,
        due_at=beat.due_at,
        since=beat.since,
    )


def _ping_answer(pinged: Pinged) -> PingAnswer:
    ping = pinged.ping
    return PingAnswer(
        n=pinged.n,
        at=ping.at,
        kind=ping.kind,
        rid=ping.rid,
        exit_status=ping.exit_status,
        duration_seconds=pinged.duration.total_seconds() if pinged.duration is not None else None,
        method=ping.method,
        agent=ping.agent,
        body=ping.body,
    )
