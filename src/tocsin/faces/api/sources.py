"""Who sends alerts, and does it get through? Keys with their health, what came by each of them, and new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import After, Body, Limit, Line, Name, Page, page
from tocsin.faces.api.gate import Routes, context_of
from tocsin.ground.accounts import Key, Permission
from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.sense.intake import Health, Received, Source, every_source
from tocsin.sense.intake.key_settings import Setting, checked, settings_of

routes = Routes("sources")


@dataclass(frozen=True, kw_only=True, slots=True)
class KindAnswer:
    """A kind of source, and what a key of it may be told."""

    kind: str
    title: str
    settings: list[Setting]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceAnswer:
    """A key. `state` is `unused`, `ok`, `refusing`, `limited` or `failing`, as its last delivery went.

    `hour` counts the messages of the last hour by outcome: `taken`, `partly`, `refused`, `limited`, `failed`;
    `alerts` and `changes` are what they held.
    """

    id: str
    kind: str
    title: str
    name: str
    service: str | None
    created_at: datetime
    revoked_at: datetime | None
    state: str
    last_at: datetime | None
    last_status: int | None
    hour: dict[str, int]
    alerts: int
    changes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeSource:
    """A new key. `key` is its secret, shown this once; `url` the address that holds it."""

    id: str
    kind: str
    name: str
    service: str | None
    key: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryAnswer:
    """A message as it came and the answer it got. Headers and query are masked, body and answer cut; `size` is that of
    the whole body in bytes, `ms` the milliseconds until the answer. `incomplete` says why it cannot be sent again.
    """

    id: str
    source: str
    at: datetime
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    size: int
    incomplete: str
    status: int
    answer: str
    outcome: str
    alerts: int
    changes: int
    ms: float
    replay_of: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What the sender would hear now."""

    status: int
    answer: str


class NewSource(Body):
    """A key to make. Secrets among `settings` are references: `env:NAME` or `file:PATH`."""

    kind: Name
    name: Line = ""
    service: Name | None = None
    settings: dict[str, Any] = Field(default={}, max_length=50)


@routes.get("/source-kinds", permission=Permission.READ, summary="The kinds of sources")
def list_kinds(request: Request) -> Page[KindAnswer]:
    return Page(
        items=[
            KindAnswer(kind=kind, title=each.title, settings=list(settings_of(each)))
            for kind, each in _kinds().items()
        ],
        next=None,
    )


@routes.get("/sources", permission=Permission.READ, summary="The keys that send, oldest first")
def list_sources(
    request: Request,
    revoked: Annotated[bool, Query(description="Those that were revoked, too.")] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[SourceAnswer]:
    context = context_of(request)
    everything = context.accounts.keys()
    keys = [
        key for key in everything if (revoked or key.revoked_at is None) and (after is None or key.id > after)
    ][: limit + 1]
    health = context.mailbook.health([key.id for key in keys])
    return page([_source(key, health[key.id]) for key in keys], limit, "id")


@routes.post("/sources", permission=Permission.ADMIN, summary="Make a key")
def make_source(request: Request, body: NewSource) -> MadeSource:
    context = context_of(request)
    source = _kinds().get(body.kind)
    if source is None:
        fix = did_you_mean(body.kind, _kinds(), "kinds of source")
        raise Invalid(f"there is no kind of source {body.kind}", field="kind", fix=fix)
    services = context.catalogue().services
    if body.service is not None and body.service not in services:
        fix = did_you_mean(body.service, services, "services")
        raise Invalid(f"there is no service {body.service}", field="service", fix=fix)
    settings = checked(source, body.settings, context.folder)
    plain = context.accounts.key_create(body.kind, body.name, body.service, settings, source.new_secret())
    made = context.accounts.key(plain)
    if made is None:
        raise NotFound("the key was revoked at once", fix="Make another one.")
    base = context.catalogue().public_url.rstrip("/")
    url = f"{base}/in/{plain}{source.paths[0]}"
    return MadeSource(id=made.id, kind=made.kind, name=made.name, service=made.service, key=plain, url=url)


@routes.get("/sources/{source}", permission=Permission.READ, summary="One key")
def get_source(request: Request, source: Name) -> SourceAnswer:
    key = _key(request, source)
    return _source(key, context_of(request).mailbook.health([key.id])[key.id])


@routes.post("/sources/{source}/revoke", permission=Permission.ADMIN, summary="End a key")
def revoke_source(request: Request, source: Name) -> SourceAnswer:
    """It is refused within seconds, in every process."""
    context_of(request).accounts.key_revoke(_key(request, source).id)
    return get_source(request, source)


@routes.get(
    "/sources/{source}/deliveries", permission=Permission.READ, summary="What came by a key, latest first"
)
def list_deliveries(request: Request, source: Name, limit: Limit = 50) -> Page[DeliveryAnswer]:
    """Each key remembers its last 100."""
    key = _key(request, source)
    found = context_of(request).mailbook.latest(key.id, limit)
    return Page(items=[_delivery(each) for each in found], next=None)


@routes.get("/deliveries/{delivery}", permission=Permission.READ, summary="One message and its answer")
def get_delivery(request: Request, delivery: Name) -> DeliveryAnswer:
    return _delivery(context_of(request).mailbook.get(delivery))


@routes.post(
    "/deliveries/{delivery}/replay", permission=Permission.OPERATE, summary="Take a message in once more"
)
def replay(request: Request, delivery: Name) -> Replayed:
    """By the way it came. It becomes a delivery of its own; what was not kept whole cannot be sent again."""
    answer = context_of(request).replay(delivery)
    return Replayed(status=answer.status, answer=answer.body.decode(errors="replace"))


@cache
def _kinds() -> Mapping[str, Source]:
    return every_source()


def _key(request: Request, id_: str) -> Key:
    key = context_of(request).accounts.key_by_id(id_)
    if key is None:
        raise NotFound(f"there is no source {id_}", fix="`tocsin key list` shows them.")
    return key


def _source(key: Key, health: Health) -> SourceAnswer:
    kind = _kinds().get(key.kind)
    return SourceAnswer(
        id=key.id,
        kind=key.kind,
        title=kind.title if kind else key.kind,
        name=key.name,
        service=key.service,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
        state=health.state,
        last_at=health.last.at if health.last else None,
        last_status=health.last.status if health.last else None,
        hour={str(outcome): count for outcome, count in health.messages.items()},
        alerts=health.alerts,
        changes=health.changes,
    )


def _delivery(each: Received) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=each.id,
        source=each.key,
        at=each.at,
        method=each.method,
        path=each.path,
        query=each.query,
        headers=dict(each.headers),
        body=each.body,
        size=each.size,
        incomplete=each.incomplete,
        status=each.status,
        answer=each.answer,
        outcome=each.outcome,
        alerts=each.alerts,
        changes=each.changes,
        ms=each.ms,
        replay_of=each.replay_of,
    )
