"""What was changed lately? Read deploys and other changes, and tell of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import After, Body, Limit, Line, Moment, Name, Page, page
from tocsin.faces.api.gate import Routes, context_of, key_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.sense.alerts import API, Sender
from tocsin.sense.changes import Change, ChangeRecord, State

routes = Routes("changes")


class NewChange(Body):
    """A change. `dedup_key` is the same in every message about it: tell `started`, then how it ended."""

    title: Annotated[Line, Field(min_length=1)]
    kind: Annotated[Line, Field(min_length=1)] = "deploy"
    state: State = "succeeded"
    at: Moment | None = Field(default=None, description="Without it: now.")
    service: Line = ""
    environment: Line = ""
    version: Line = ""
    by: Line = ""
    url: Annotated[str, Field(max_length=2048, pattern=r"^(https?://[^\s\x00]+)?$")] = ""
    dedup_key: Annotated[str, Field(pattern=r"^[^\x00]{1,255}$")] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeAnswer:
    """A change as it is known now. `at` is when it came into its state; `source` is the kind of who told it."""

    id: str
    kind: str
    title: str
    state: str
    at: datetime
    started_at: datetime
    service: str
    environment: str
    version: str
    by: str
    url: str
    source: str
    dedup_key: str


@routes.get("/changes", permission=Permission.READ, summary="List changes, latest first")
def list_changes(
    request: Request,
    service: Annotated[Name | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ChangeAnswer]:
    """Changes are kept for 90 days."""
    context = context_of(request)
    with context.store.read() as conn:
        found = context.changes.listed(conn, service=service, limit=limit + 1, after=after)
    return page([_answer(each) for each in found], limit, "id")


@routes.get("/changes/{change}", permission=Permission.READ, summary="One change")
def get_change(request: Request, change: Name) -> ChangeAnswer:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.changes.get(conn, change)
    if found is None:
        raise NotFound(f"there is no change {change}", fix="`tocsin change list` shows them.")
    return _answer(found)


@routes.post("/changes", permission=Permission.SEND, summary="Tell of one change")
def add_change(request: Request, body: NewChange) -> ChangeAnswer:
    """Nobody is paged. With an intake key the change is of that key, and of its service where it has one."""
    context = context_of(request)
    key = key_of(request)
    sender = Sender(key=key.id, source=key.kind, service=key.service) if key else API
    change = Change(
        dedup_key=body.dedup_key or new_id("told"),
        kind=body.kind,
        title=body.title,
        state=body.state,
        at=body.at or context.clock.now(),
        service=sender.service or body.service,
        environment=body.environment,
        version=body.version,
        by=body.by,
        url=body.url,
    )
    (settled,) = context.store.write(lambda conn: context.changes.record(conn, [change], sender))
    return _answer(settled)


def _answer(change: ChangeRecord) -> ChangeAnswer:
    return ChangeAnswer(
        id=change.id,
        kind=change.kind,
        title=change.title,
        state=change.state,
        at=change.at,
        started_at=change.started_at,
        service=change.service,
        environment=change.environment,
        version=change.version,
        by=change.by,
        url=change.url,
        source=change.source,
        dedup_key=change.dedup_key,
    )
