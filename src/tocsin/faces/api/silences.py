"""Who asked for quiet, about what, and until when? Silences: read, tried, made, changed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import Field, StringConstraints

from tocsin.faces.api.answers import Body, Moment, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission, require
from tocsin.ground.kernel.duration import parse_duration
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts.matchers import Matcher, parse_matcher
from tocsin.sense.alerts.selector import written
from tocsin.sense.alerts.silence import Act, Silence, needed

routes = Routes("silences")

MatcherText = Annotated[str, StringConstraints(max_length=2_000)]
Span = Annotated[str, StringConstraints(max_length=40)]


@dataclass(frozen=True, kw_only=True, slots=True)
class SilenceAnswer:
    """A silence: `pending`, `active` or `expired`. `matchers` as Prometheus writes them; `acts` say who did what."""

    id: str
    state: str
    matchers: list[str]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    created_at: datetime
    updated_at: datetime
    acts: list[Act]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReachAnswer:
    """What matchers would hide now. `broad` says why they have to be confirmed; it is empty where they need not."""

    alerts: int
    services: list[str]
    broad: str


class Chosen(Body):
    """Matchers such as `alertname="DiskFull"`, `host=~"db.*"`; all have to hold."""

    matchers: Annotated[list[MatcherText], Field(min_length=1, max_length=50)]


class NewSilence(Chosen):
    """Either `ends_at` or `lasts` (`2h`). With the `id` of a silence that one is changed, or ended for another one."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    lasts: Span | None = None
    comment: Prose
    id: Name | None = None
    confirmed: bool = False


@routes.get("/silences", permission=Permission.READ, summary="List silences, the last to end first")
def list_silences(
    request: Request, state: Annotated[Literal["pending", "active", "expired"] | None, Query()] = None
) -> Page[SilenceAnswer]:
    """Expired ones are kept for 30 days."""
    found = context_of(request).folds.silences.list(state)
    return Page(items=[_answer(request, each) for each in found], next=None)


@routes.get("/silences/{silence}", permission=Permission.READ, summary="One silence")
def get_silence(request: Request, silence: Name) -> SilenceAnswer:
    return _answer(request, context_of(request).folds.silences.get(silence))


@routes.post("/silences/try", permission=Permission.READ, summary="What would these matchers hide now?")
def try_matchers(request: Request, body: Chosen) -> ReachAnswer:
    reach = context_of(request).folds.silences.reach(matchers_of(body.matchers))
    return ReachAnswer(alerts=reach.alerts, services=list(reach.services), broad=reach.why)


@routes.post("/silences", permission=Permission.RESPOND, summary="Make a silence, or change one")
def put_silence(request: Request, body: NewSilence) -> SilenceAnswer:
    """A broad one (every alert, many, or those of several services) needs `confirmed` and the role operator, and ends
    within a day."""
    context = context_of(request)
    identity, silences = identity_of(request), context.folds.silences
    matchers = matchers_of(body.matchers)
    if body.confirmed:
        require(identity, needed(silences.reach(matchers)))
    starts_at = body.starts_at or context.clock.now()
    made = silences.put(
        matchers=matchers,
        starts_at=starts_at,
        ends_at=end_of(starts_at, body.ends_at, body.lasts),
        created_by=silences.get(body.id).created_by if body.id else identity.actor,
        comment=body.comment,
        id=body.id,
        confirmed=body.confirmed,
        by=identity.actor,
    )
    return _answer(request, made)


@routes.post("/silences/{silence}/expire", permission=Permission.RESPOND, summary="End it now")
def expire_silence(request: Request, silence: Name) -> SilenceAnswer:
    """What it hides and still fires is judged at once, as if it were new."""
    return _answer(request, context_of(request).folds.silences.expire(silence, identity_of(request).actor))


def matchers_of(texts: Sequence[str]) -> list[Matcher]:
    """The matchers as they were written. Raises Invalid that names the one that cannot be read."""
    found: list[Matcher] = []
    for index, each in enumerate(texts):
        try:
            found.append(parse_matcher(each))
        except Invalid as error:
            raise Invalid(error.message, field=f"matchers.{index}", fix=error.fix) from None
    return found


def end_of(starts_at: datetime, ends_at: datetime | None, lasts: str | None) -> datetime:
    """The end, as given or after so long. Raises Invalid where it is given twice, or not at all."""
    if (ends_at is None) == (lasts is None):
        raise Invalid("give either ends_at or lasts", field="ends_at", fix='Such as "lasts": "2h".')
    if ends_at is not None:
        return ends_at
    try:
        return starts_at + parse_duration(lasts or "")
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error), field="lasts", fix="Write it like 30m, 2h or 3d.") from None


def _answer(request: Request, silence: Silence) -> SilenceAnswer:
    return SilenceAnswer(
        id=silence.id,
        state=silence.state(context_of(request).clock.now()),
        matchers=[written(each) for each in silence.matchers],
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        created_by=silence.created_by,
        comment=silence.comment,
        created_at=silence.created_at,
        updated_at=silence.updated_at,
        acts=list(silence.acts),
    )
