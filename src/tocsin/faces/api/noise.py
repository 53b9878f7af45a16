"""Which rules cry wolf? The noise of each, and what people call an alert."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Moment, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import Invalid
from tocsin.learn.analytics import RuleNoise, noise
from tocsin.respond.incidents import Mark

routes = Routes("alerts")

_USUAL = timedelta(days=30)


class Word(Body):
    """What an alert is called, and why, if there is something to say."""

    mark: Literal["noise", "useful"]
    why: Prose = ""


@routes.get("/noise", permission=Permission.READ, summary="How noisy is each rule? The worst first")
def get_noise(
    request: Request,
    since: Annotated[Moment | None, Query(description="Without it 30 days before `until`.")] = None,
    until: Annotated[Moment | None, Query(description="Without it, now.")] = None,
) -> Page[RuleNoise]:
    """Counts incidents that have ended, by the name and the service of their alerts. `score` is 0 to 100."""
    context = context_of(request)
    end: datetime = until or context.clock.now()
    begin: datetime = since or _before(end)
    with context.store.read() as conn:
        return Page(items=noise(conn, begin, end), next=None)


def _before(end: datetime) -> datetime:
    try:
        return end - _USUAL
    except OverflowError:
        raise Invalid("there is no time 30 days before this", field="until", fix="Give since.") from None


@routes.post("/alerts/{alert}/mark", permission=Permission.RESPOND, summary="Call an alert noise, or useful")
def mark(request: Request, alert: Name, body: Word) -> Mark:
    """Your last word on its present firing counts."""
    return context_of(request).incidents.mark_alert(alert, body.mark, body.why, identity_of(request).actor)
