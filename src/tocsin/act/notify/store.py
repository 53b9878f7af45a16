"""How is a delivery kept? One row for each message to one person by one channel, written before anything is
sent.

    waiting ──due──▶ claimed ──accepted──▶ sent ──arrived──▶ delivered
       ▲                │ └──refused────▶ failed ◀──lost────┘
       └──try again─────┘          waiting or claimed ──acknowledged──▶ cancelled

*sent* means that the provider took it; *delivered* only that it confirmed, or that it took it back: *failed*.

A row may also stand for a whole step of an escalation that is not yet due: then it has a `target` and no
person, and whoever is on call when it is due becomes the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)

from tocsin.act.notify import attempts
from tocsin.act.notify.attempts import Attempt
from tocsin.act.notify.message import Message
from tocsin.ground.store import Json, Time, metadata
from tocsin.ground.store import add as add_row

delivery = Table(
    "delivery",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # page | notice | test | ticket | digest
    Column("incident", Text),
    Column("cause", Text, nullable=False),  # what asked for it: an escalation, a clock, a person
    Column("person", Text),
    Column("target", Text),
    Column("channel", Text),
    Column("address", Text),
    Column("message", Json),
    Column("page", Text, nullable=False),  # the same for all channels by which one page goes to one person
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("state", Text, nullable=False),  # waiting | claimed | sent | delivered | failed | cancelled
    Column("attempt", Integer, nullable=False),
    Column("next_at", Time, nullable=False),
    Column("switch_at", Time),  # from then on the next channel of the person is used too
    Column("claimed_by", Text),
    Column("claimed_at", Time),
    Column("sent_at", Time),
    Column("error", Text),
    Column("key", Text, nullable=False, unique=True),
    Column("receipt", Text),  # the provider's own name for the message
    Column("delivered_at", Time),
    Column("code", Text),  # four digits, by which a reply names this page
    Column("left_at", Time),  # when it was let through to the receiver, which counts for the caps
    Column("held_at", Time),  # since when a cap keeps it back
    Column("bundle", Text),  # the delivery whose message stands for this one, too
    Index("ix_delivery_incident", "incident", "due_at"),
    Index("ix_delivery_page", "page"),
    Index("ix_delivery_cause", "cause"),
    Index("ix_delivery_person", "person", "id"),
)
OPEN = ("waiting", "claimed")
REACHED = ("sent", "delivered")
Index(
    "ix_delivery_next_at",
    delivery.c.next_at,
    sqlite_where=delivery.c.state == "waiting",
    postgresql_where=delivery.c.state == "waiting",
)
Index(
    "ix_delivery_open",
    delivery.c.switch_at,
    sqlite_where=delivery.c.state.in_(OPEN),
    postgresql_where=delivery.c.state.in_(OPEN),
)
Index(
    "ix_delivery_due_at",
    delivery.c.due_at,
    sqlite_where=delivery.c.incident.is_(None),
    postgresql_where=delivery.c.incident.is_(None),
)
for name, columns in (
    ("receipt", (delivery.c.receipt,)),
    ("code", (delivery.c.code, delivery.c.person)),
    ("left_at", (delivery.c.channel, delivery.c.address, delivery.c.left_at)),
    ("bundle", (delivery.c.bundle,)),
    ("sent_at", (delivery.c.sent_at,)),
):
    is_there = delivery.c[name].is_not(None)
    Index(f"ix_delivery_{name}", *columns, sqlite_where=is_there, postgresql_where=is_there)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A message on its way to a person. `key` goes along with every attempt; `attempt` counts the claims."""

    id: str
    kind: str
    incident: str | None
    cause: str
    person: str | None
    target: str | None
    channel: str | None
    address: str | None
    message: Message | None
    page: str
    round: int
    step: int
    steps: int
    due_at: datetime
    state: str
    attempt: int
    next_at: datetime
    switch_at: datetime | None
    claimed_by: str | None
    claimed_at: datetime | None
    sent_at: datetime | None
    error: str | None
    key: str
    receipt: str | None = None
    delivered_at: datetime | None = None
    code: str | None = None
    left_at: datetime | None = None
    held_at: datetime | None = None
    bundle: str | None = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Delivery:
        values = dict(row._mapping)  # pyright: ignore[reportPrivateUsage] - public by documentation, named so to keep columns free
        message = values.pop("message")
        return cls(message=Message.from_json(message) if message else None, **values)


def add(conn: Connection, new: Delivery) -> bool:
    """Writes a new delivery; False when one with the same key is there already."""
    values = {name: getattr(new, name) for name in Delivery.__slots__}
    values["message"] = new.message.as_json() if new.message else None
    if not add_row(conn, delivery, values, unless=("key",)):
        return False
    if new.state == "claimed":
        attempts.begin(conn, [_begun(new)])
    return True


def _begun(claimed: Delivery) -> Attempt:
    return Attempt(
        delivery=claimed.id,
        number=claimed.attempt,
        channel=claimed.channel or "",
        boot=claimed.claimed_by or "",
        started_at=claimed.claimed_at or claimed.due_at,
    )


def get(conn: Connection, id_: str) -> Delivery | None:
    row = conn.execute(select(delivery).where(delivery.c.id == id_)).first()
    return Delivery.from_row(row) if row else None


def of_incident(conn: Connection, incident: str, *, limit: int = 500) -> list[Delivery]:
    """Everything sent and to be sent for an incident, in the order it is due."""
    query = select(delivery).where(delivery.c.incident == incident)
    rows = conn.execute(query.order_by(delivery.c.due_at, delivery.c.id).limit(limit))
    return [Delivery.from_row(row) for row in rows]


def of_person(conn: Connection, person: str, *, limit: int = 20) -> list[Delivery]:
    """What went to a person, newest first."""
    query = select(delivery).where(delivery.c.person == person)
    rows = conn.execute(query.order_by(delivery.c.id.desc()).limit(limit))
    return [Delivery.from_row(row) for row in rows]


def of_page(conn: Connection, page: str) -> list[Delivery]:
    """One page to one person, by every channel it has used so far."""
    query = select(delivery).where(delivery.c.page == page)
    return [Delivery.from_row(row) for row in conn.execute(query.order_by(delivery.c.id))]


def of_cause(conn: Connection, cause: str) -> list[Delivery]:
    """Every message to a person for the same reason."""
    query = select(delivery).where(delivery.c.cause == cause, delivery.c.person.is_not(None))
    return [Delivery.from_row(row) for row in conn.execute(query.order_by(delivery.c.id))]


def steps_waiting(conn: Connection, cause: str) -> list[Delivery]:
    """The steps that nobody has been paged for, in their order; also those that have just fallen due together, as
    after a long stop.
    """
    columns = delivery.c
    query = select(delivery).where(columns.cause == cause, columns.person.is_(None), columns.state.in_(OPEN))
    rows = conn.execute(query.order_by(columns.round, columns.step))
    return [Delivery.from_row(row) for row in rows]


def of_step(conn: Connection, cause: str, round_: int, step: int) -> list[Delivery]:
    columns = delivery.c
    query = select(delivery).where(columns.cause == cause, columns.round == round_, columns.step == step)
    return [Delivery.from_row(row) for row in conn.execute(query.order_by(columns.id))]


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(delivery.c.state == "waiting", delivery.c.next_at <= now)


def _may_switch(now: datetime) -> ColumnElement[bool]:
    return and_(delivery.c.state.in_(OPEN), delivery.c.switch_at <= now)


def anything_to_do(conn: Connection, now: datetime) -> bool:
    """Whether a sweep would find something; asked without a write."""
    due = conn.execute(select(delivery.c.id).where(_is_due(now)).limit(1)).first()
    return (
        due is not None
        or conn.execute(select(delivery.c.id).where(_may_switch(now)).limit(1)).first() is not None
    )


def claim_due(
    conn: Connection, *, boot: str, now: datetime, switch_after: timedelta, limit: int
) -> list[Delivery]:
    """Claims what is due, pages before all else. Rows that another process is claiming are left to it."""
    first = case((delivery.c.kind == "page", 0), else_=1)
    wanted = (
        select(delivery.c.id)
        .where(_is_due(now))
        .order_by(first, delivery.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.scalars(wanted))
    if not ids:
        return []
    # Counted from the first attempt: after a long standstill every channel at once would help nobody.
    switch_at = case((delivery.c.attempt == 0, literal(now + switch_after, Time)), else_=delivery.c.switch_at)
    claimed = conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == "waiting")
        .values(
            state="claimed",
            claimed_by=boot,
            claimed_at=now,
            attempt=delivery.c.attempt + 1,
            switch_at=switch_at,
        )
        .returning(delivery)
    )
    found = {row.id: Delivery.from_row(row) for row in claimed}
    attempts.begin(conn, [_begun(each) for each in found.values() if each.channel is not None])
    return [found[id_] for id_ in ids if id_ in found]


def to_switch(conn: Connection, now: datetime, *, limit: int) -> list[Delivery]:
    """Unsent for too long; each is returned once."""
    wanted = select(delivery).where(_may_switch(now)).limit(limit).with_for_update(skip_locked=True)
    found = [Delivery.from_row(row) for row in conn.execute(wanted)]
    if found:
        conn.execute(
            update(delivery).where(delivery.c.id.in_([each.id for each in found])).values(switch_at=None)
        )
    return found


def _mine(claimed: Delivery, *, states: Sequence[str] = ("claimed",)) -> tuple[ColumnElement[bool], ...]:
    """Still the very claim under which this attempt runs: the fence against one that woke up too late."""
    return (
        delivery.c.id == claimed.id,
        delivery.c.state.in_(states),
        delivery.c.claimed_by == claimed.claimed_by,
        delivery.c.attempt == claimed.attempt,
    )


def renew(conn: Connection, claimed: Delivery, now: datetime) -> bool:
    """Says again that this attempt is under way; False when it has been cancelled or taken by another."""
    done = conn.execute(update(delivery).where(*_mine(claimed)).values(claimed_at=now))
    return done.rowcount == 1


def is_mine(conn: Connection, claimed: Delivery) -> bool:
    """Whether this claim still stands."""
    return conn.execute(select(delivery.c.id).where(*_mine(claimed))).first() is not None


def left_since(conn: Connection, claimed: Delivery, since: datetime) -> list[datetime]:
    """When other messages left for the same address; one that stood for several counts once."""
    columns = delivery.c
    query = select(columns.left_at).where(
        columns.channel == claimed.channel,
        columns.address == claimed.address,
        columns.left_at > since,
        columns.bundle.is_(None),
        columns.id != claimed.id,
    )
    return [each for each in conn.scalars(query) if each is not None]


def has_more(conn: Connection, claimed: Delivery) -> bool:
    """Whether anything else about the incident has left for this address."""
    columns = delivery.c
    query = select(columns.id).where(
        columns.incident == claimed.incident,
        columns.channel == claimed.channel,
        columns.address == claimed.address,
        columns.left_at.is_not(None),
        columns.id != claimed.id,
    )
    return conn.execute(query.limit(1)).first() is not None


def let_through(conn: Connection, claimed: Delivery, now: datetime) -> None:
    """It leaves now; counted from here on, also when its process dies."""
    conn.execute(update(delivery).where(*_mine(claimed)).values(left_at=now, held_at=None))


def hold(conn: Connection, claimed: Delivery, until: datetime, now: datetime) -> bool:
    """There is no room for it before `until`: it waits, and was not tried. Says whether that is news."""
    was_held = delivery.c.held_at.is_not(None)
    before = conn.execute(select(was_held).where(delivery.c.id == claimed.id)).scalar_one()
    conn.execute(
        update(delivery)
        .where(*_mine(claimed))
        .values(
            state="waiting",
            attempt=claimed.attempt - 1,
            next_at=until,
            held_at=case((was_held, delivery.c.held_at), else_=literal(now, Time)),
            claimed_by=None,
            claimed_at=None,
        )
    )
    attempts.forget(conn, [claimed.id])
    return not before


def take_along(conn: Connection, lead: Delivery, now: datetime) -> list[Delivery]:
    """Claims what a cap holds back for the same address, so that one message stands for all of it."""
    columns = delivery.c
    rows = conn.execute(
        update(delivery)
        .where(
            columns.channel == lead.channel,
            columns.address == lead.address,
            columns.kind == lead.kind,
            columns.state.in_(OPEN),
            columns.held_at.is_not(None),
            columns.id != lead.id,
        )
        .values(
            state="claimed",
            claimed_by=lead.claimed_by,
            claimed_at=now,
            attempt=columns.attempt + 1,
            left_at=now,
            bundle=lead.id,
        )
        .returning(delivery)
    )
    found = sorted((Delivery.from_row(row) for row in rows), key=lambda each: each.id)
    attempts.forget(conn, [each.id for each in found])
    attempts.begin(conn, [_begun(each) for each in found])
    return found


def bundled_with(conn: Connection, page: Delivery) -> list[Delivery]:
    """Every delivery for which the same message stood, itself included."""
    lead = page.bundle or page.id
    query = select(delivery).where(or_(delivery.c.id == lead, delivery.c.bundle == lead))
    return [Delivery.from_row(row) for row in conn.execute(query.order_by(delivery.c.id))]


def newest_at(conn: Connection, channel: str, address: str) -> Delivery | None:
    """The last page that left for this address."""
    columns = delivery.c
    query = select(delivery).where(
        columns.channel == channel,
        columns.address == address,
        columns.left_at.is_not(None),
        columns.kind.in_(("page", "test")),
    )
    row = conn.execute(query.order_by(columns.left_at.desc(), columns.id.desc()).limit(1)).first()
    return Delivery.from_row(row) if row else None


def mark_sent(conn: Connection, claimed: Delivery, now: datetime, receipt: str | None) -> bool:
    """Accepted by the receiver. A page that was cancelled while it left has left all the same.

    What confirms quickly may have said that it arrived before this is written.
    """
    arrived = delivery.c.delivered_at.is_not(None)
    done = conn.execute(
        update(delivery)
        .where(*_mine(claimed, states=("claimed", "cancelled")))
        .values(
            state=case((arrived, "delivered"), else_="sent"),
            sent_at=now,
            left_at=func.coalesce(delivery.c.left_at, literal(now, Time)),
            held_at=None,
            switch_at=None,
            error=None,
            receipt=receipt,
        )
    )
    return done.rowcount == 1


def mark_delivered(conn: Connection, id_: str, now: datetime) -> bool:
    """The provider says that it arrived; False when that is no news."""
    columns = delivery.c
    done = conn.execute(
        update(delivery)
        .where(columns.id == id_, columns.delivered_at.is_(None), columns.state.in_(("claimed", "sent")))
        .values(delivered_at=now, state=case((columns.state == "sent", "delivered"), else_=columns.state))
    )
    return done.rowcount == 1


def mark_lost(conn: Connection, id_: str, error: str) -> bool:
    """The provider had taken it and says now that it did not arrive; False when that is no news."""
    done = conn.execute(
        update(delivery)
        .where(delivery.c.id == id_, delivery.c.state == "sent")
        .values(state="failed", error=error)
    )
    return done.rowcount == 1


def thread_of(conn: Connection, claimed: Delivery) -> str:
    """The receipt of the first message about the same incident at the same address; empty when there is none."""
    columns = delivery.c
    if claimed.incident is None:
        return ""
    query = select(columns.receipt).where(
        columns.incident == claimed.incident,
        columns.channel == claimed.channel,
        columns.address == claimed.address,
        columns.receipt.is_not(None),
    )
    return conn.scalar(query.order_by(columns.sent_at, columns.id).limit(1)) or ""


def has_code(conn: Connection, person: str, code: str, since: datetime) -> bool:
    """Whether a page to the person since then has this code."""
    columns = delivery.c
    query = select(columns.id).where(columns.code == code, columns.person == person, columns.due_at >= since)
    return conn.execute(query.limit(1)).first() is not None


def by_code(conn: Connection, code: str) -> list[Delivery]:
    """The newest pages that have this code, whoever they went to."""
    query = select(delivery).where(delivery.c.code == code)
    return [Delivery.from_row(row) for row in conn.execute(query.order_by(delivery.c.id.desc()).limit(50))]


def code_of(conn: Connection, page: str) -> str | None:
    """The code that this page has by another channel."""
    columns = delivery.c
    return conn.scalar(select(columns.code).where(columns.page == page, columns.code.is_not(None)).limit(1))


def by_receipt(conn: Connection, channel: str, receipt: str) -> list[Delivery]:
    """What went out under this name of the provider's; several where one message stood for all of them."""
    query = select(delivery).where(delivery.c.receipt == receipt, delivery.c.channel == channel)
    return [Delivery.from_row(row) for row in conn.execute(query.order_by(delivery.c.id).limit(500))]


def mark_failed(conn: Connection, claimed: Delivery, error: str) -> bool:
    done = conn.execute(
        update(delivery)
        .where(*_mine(claimed))
        .values(state="failed", error=error, switch_at=None, left_at=None)
    )
    return done.rowcount == 1


def try_again(conn: Connection, claimed: Delivery, next_at: datetime, error: str) -> bool:
    done = conn.execute(
        update(delivery)
        .where(*_mine(claimed))
        .values(state="waiting", next_at=next_at, error=error, claimed_by=None, claimed_at=None, bundle=None)
    )
    return done.rowcount == 1


def hasten(conn: Connection, page: str, channel: str, at: datetime) -> bool:
    """What waits for a later time is due at `at`; False when nothing of this page waits for this channel."""
    columns = delivery.c
    done = conn.execute(
        update(delivery)
        .where(
            columns.page == page,
            columns.channel == channel,
            columns.state == "waiting",
            columns.due_at > at,
        )
        .values(due_at=at, next_at=at)
    )
    return done.rowcount > 0


def has_left(conn: Connection, incident: str, person: str, channel: str, since: datetime) -> bool:
    """Whether a page about the incident went to the person by this channel after `since`."""
    columns = delivery.c
    query = select(columns.id).where(
        columns.incident == incident,
        columns.kind == "page",
        columns.person == person,
        columns.channel == channel,
        columns.state.in_(REACHED),
        columns.sent_at > since,
    )
    return conn.execute(query.limit(1)).first() is not None


def drop(conn: Connection, ids: Sequence[str], why: str) -> int:
    """Cancels what has not been sent."""
    done = conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state.in_(OPEN))
        .values(state="cancelled", error=why, switch_at=None)
    )
    return done.rowcount


def cancel_all(conn: Connection, incident: str, why: str) -> list[Delivery]:
    """Cancels every page of the incident that has not been sent; returns what was cancelled."""
    rows = conn.execute(
        update(delivery)
        .where(delivery.c.incident == incident, delivery.c.kind == "page", delivery.c.state.in_(OPEN))
        .values(state="cancelled", error=why, switch_at=None)
        .returning(delivery)
    )
    return [Delivery.from_row(row) for row in rows]


def unattended(conn: Connection, *, dead: Sequence[str], boot: str, before: datetime) -> list[str]:
    """Claims of dead boots, and those of this one from `before` that time: written, but maybe never handed
    over.
    """
    mine = and_(delivery.c.claimed_by == boot, delivery.c.claimed_at <= before)
    query = select(delivery.c.id).where(
        delivery.c.state == "claimed", or_(delivery.c.claimed_by.in_(dead), mine)
    )
    return list(conn.scalars(query))


def release(conn: Connection, ids: Sequence[str], *, now: datetime, switch_after: timedelta) -> None:
    """Claims that nobody works on return to waiting."""
    conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == "claimed")
        .values(
            state="waiting",
            next_at=now,
            claimed_by=None,
            claimed_at=None,
            bundle=None,
            switch_at=case((delivery.c.switch_at.is_not(None), literal(now + switch_after, Time))),
        )
    )
    attempts.abandon(conn, ids, now)
