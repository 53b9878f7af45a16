"""Who is on call? And does a page reach them?"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from tocsin.faces.api.answers import Body, Line, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall import Duty

routes = Routes("on call")


class Addressee(Body):
    """`person` is a name under `people:` of the configuration."""

    person: Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """A page that is on its way: its id, and the channel that it takes first."""

    delivery: str
    person: str | None
    channel: str | None


@routes.get("/oncall", permission=Permission.READ, summary="Every schedule as it is now")
def now(request: Request) -> Page[Duty]:
    return Page(items=context_of(request).oncall.now(), next=None)


@routes.post("/oncall/test-page", permission=Permission.RESPOND, summary="Send a person a test page")
def send_test_page(request: Request, body: Addressee) -> Queued:
    delivery = context_of(request).escalations.test_page(body.person, identity_of(request).actor)
    return Queued(delivery=delivery.id, person=delivery.person, channel=delivery.channel)
