"""May somebody else take my shift? Swaps: listed, asked, answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Moment, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall import Swap
from tocsin.respond.oncall.swap import may_answer, may_ask

routes = Routes("on call")


class NewSwap(Body):
    """`giver` asks `taker` to be on call from `start` to `end`. With `back_start` and `back_end` the giver takes
    what the taker has in that time. Without `giver` it is the one who asks.
    """

    schedule: Name
    giver: Name | None = None
    taker: Name
    start: Moment
    end: Moment
    back_start: Moment | None = None
    back_end: Moment | None = None
    note: Prose = ""


@routes.get("/oncall/swaps", permission=Permission.READ, summary="List swaps")
def list_swaps(
    request: Request,
    person: Annotated[Name | None, Query(description="Only those of this person.")] = None,
    every: Annotated[
        bool, Query(alias="all", description="Those that were answered or are over, too.")
    ] = False,
) -> Page[Swap]:
    """Those that wait for an answer, the first to begin in front; with `all` the last 200, the newest first."""
    swaps = context_of(request).swaps
    found = swaps.list() if every else swaps.open(person)
    return Page(
        items=[each for each in found if person in (None, each.giver, each.taker)],
        next=None,
    )


@routes.post("/oncall/swaps", permission=Permission.RESPOND, summary="Ask somebody to take a shift")
def ask_swap(request: Request, body: NewSwap) -> Swap:
    """For somebody else than oneself it needs the permission `operate`."""
    identity = identity_of(request)
    giver = body.giver or identity.person or ""
    may_ask(identity, giver)
    return context_of(request).swaps.ask(
        schedule=body.schedule,
        giver=giver,
        taker=body.taker,
        start=body.start,
        end=body.end,
        back_start=body.back_start,
        back_end=body.back_end,
        note=body.note,
        by=identity.actor,
    )


@routes.post("/oncall/swaps/{swap}/accept", permission=Permission.RESPOND, summary="Take the shift")
def accept_swap(request: Request, swap: Name) -> Swap:
    """By the taker, or for them with the permission `operate`. It becomes overrides, in both directions."""
    identity, swaps = identity_of(request), context_of(request).swaps
    may_answer(identity, swaps.get(swap).taker)
    return swaps.accept(swap, identity.actor)


@routes.post("/oncall/swaps/{swap}/decline", permission=Permission.RESPOND, summary="Do not take it")
def decline_swap(request: Request, swap: Name) -> Swap:
    """By the taker, or for them with the permission `operate`."""
    identity, swaps = identity_of(request), context_of(request).swaps
    may_answer(identity, swaps.get(swap).taker)
    return swaps.decline(swap, identity.actor)


@routes.post("/oncall/swaps/{swap}/cancel", permission=Permission.RESPOND, summary="Take the question back")
def cancel_swap(request: Request, swap: Name) -> Swap:
    """By the giver, or for them with the permission `operate`."""
    identity, swaps = identity_of(request), context_of(request).swaps
    may_answer(identity, swaps.get(swap).giver)
    return swaps.cancel(swap, identity.actor)
