"""Would a page reach whoever is on call? Ask them, and see who has answered."""

from __future__ import annotations

from fastapi import Request

from tocsin.faces.api.answers import Body, Line, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall.drill import Drill

routes = Routes("on call")


class Asked(Body):
    """`who` is a schedule, or a person under `people:`; without it everybody is asked who is on call now."""

    who: Line | None = None


@routes.get("/oncall/drills", permission=Permission.READ, summary="The last hundred drills")
def listing(request: Request) -> Page[Drill]:
    return Page(items=context_of(request).drills.recent(), next=None)


@routes.post("/oncall/drills", permission=Permission.RESPOND, summary="Page who is on call with a drill")
def ask(request: Request, body: Asked) -> Page[Drill]:
    return Page(items=context_of(request).drills.ask(body.who, identity_of(request).actor), next=None)
