"""By which channels are people reached, do they work, and what became of each page?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from tocsin.act.notify import attempts, digest, of_incident
from tocsin.act.notify.attempts import Attempt
from tocsin.act.notify.health import ChannelHealth, State, health_of
from tocsin.faces.api.answers import Body, Line, Name, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission

routes = Routes("channels")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelAnswer:
    """A channel: `works`, `failing` or `unused` by its last attempt.

    `disturbs`: it makes a noise; `confirms`: its provider tells when a message arrived; `callback_url`: where that
    provider calls. `waiting` messages are due and have not left, `held` of them because enough went there lately.
    """

    name: str
    kind: str
    title: str
    state: State
    room: bool
    disturbs: bool
    confirms: bool
    callback_url: str
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str | None
    waiting: int
    held: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestAnswer:
    """A digest that has not left: `lines` messages that wake nobody."""

    person: str
    channel: str
    due_at: datetime
    lines: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PageAnswer:
    """A message about an incident: `waiting`, `claimed`, `sent`, `delivered`, `failed` or `cancelled`, with each
    attempt: `accepted`, `temporary`, `permanent`, or `unknown` where the process that made it died.
    """

    id: str
    kind: str
    person: str | None
    channel: str | None
    step: int
    round: int
    state: str
    due_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    held_since: datetime | None
    error: str | None
    key: str
    attempts: list[Attempt]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialAnswer:
    """A test message that is on its way."""

    delivery: str
    channel: str
    person: str


class TrialBody(Body):
    """`person` is a name under `people:`; a channel with a room needs none."""

    person: Line | None = None


@routes.get("/channels", permission=Permission.READ, summary="Every channel and how it does")
def list_channels(request: Request) -> Page[ChannelAnswer]:
    context = context_of(request)
    names = list(context.deliveries.channels())
    with context.store.read() as conn:
        found = health_of(conn, names, context.clock.now())
    return Page(items=[answer for each in found if (answer := _channel(request, each))], next=None)


@routes.post("/channels/{channel}/test", permission=Permission.RESPOND, summary="Send a test message by it")
def test(request: Request, channel: Name, body: TrialBody) -> TrialAnswer:
    """To its room where it has one, else to the person."""
    sent = context_of(request).trials.send(channel, person=body.person, actor=identity_of(request).actor)
    return TrialAnswer(delivery=sent.id, channel=channel, person=sent.person or "")


@routes.get("/digests", permission=Permission.READ, summary="What wakes nobody, by person, until it leaves")
def list_digests(request: Request) -> Page[DigestAnswer]:
    with context_of(request).store.read() as conn:
        found = digest.coming(conn)
    return Page(
        items=[
            DigestAnswer(person=each.person, channel=each.channel, due_at=each.due_at, lines=each.lines)
            for each in found
        ],
        next=None,
    )


@routes.get(
    "/incidents/{incident}/pages", permission=Permission.READ, summary="Who was paged, and did it arrive?"
)
def list_pages(request: Request, incident: Name) -> Page[PageAnswer]:
    """In the order in which they were due; steps that are not due yet have neither person nor channel."""
    context = context_of(request)
    with context.store.read() as conn:
        id_ = context.incidents.get(conn, incident).id
        found = of_incident(conn, id_)
        tried = attempts.of_deliveries(conn, [each.id for each in found])
    return Page(
        items=[
            PageAnswer(
                id=each.id,
                kind=each.kind,
                person=each.person,
                channel=each.channel,
                step=each.step,
                round=each.round,
                state=each.state,
                due_at=each.due_at,
                sent_at=each.sent_at,
                delivered_at=each.delivered_at,
                held_since=each.held_at,
                error=each.error,
                key=each.key,
                attempts=tried.get(each.id, []),
            )
            for each in found
        ],
        next=None,
    )


def _channel(request: Request, health: ChannelHealth) -> ChannelAnswer | None:
    deliveries = context_of(request).deliveries
    channel = deliveries.channel(health.channel)
    if channel is None:
        return None
    return ChannelAnswer(
        name=health.channel,
        kind=channel.kind,
        title=channel.title,
        state=health.state,
        room=channel.room is not None,
        disturbs=channel.disturbs,
        confirms=channel.confirms,
        callback_url=deliveries.callback(health.channel),
        last_success_at=health.success.ended_at if health.success else None,
        last_failure_at=health.failure.ended_at if health.failure else None,
        last_error=health.failure.error if health.failure else None,
        waiting=health.waiting,
        held=health.held,
    )
