"""What waits until somebody is awake anyway? Messages that wake nobody, gathered into one for each person.

A line is written in the transaction of its cause, beside a delivery of kind `digest` that is due at the configured
time of the person's day. From then on it is a delivery like any other: claimed, sent, tried again. What it says is
put together when it leaves; a line that comes once it has left waits for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Index, Row, Table, Text, func, select

from tocsin.act.notify import store
from tocsin.act.notify.message import Message
from tocsin.act.notify.store import Delivery, delivery
from tocsin.ground.i18n import N_, calendar, translate
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Json, Time, insert, metadata

digest_item = Table(
    "digest_item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("page", Text, nullable=False),  # of the digest that it leaves with
    Column("person", Text, nullable=False),
    Column("incident", Text),
    Column("reason", Text, nullable=False),  # why it wakes nobody
    Column("message", Json, nullable=False),
    Column("at", Time, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Index("ix_digest_item_page", "page"),
)
_MOST_LINES = 50
_DAYS_AHEAD = 7
_SUBJECT = N_("What could wait ({count})")
_LINE = N_("{time}: {subject}")
_MORE = N_("and {count} more, which Tocsin shows")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A line of a digest: what would have been sent, since when it waits and why."""

    person: str
    incident: str | None
    reason: str
    message: Message
    at: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> Item:
        return cls(
            person=row.person,
            incident=row.incident,
            reason=row.reason,
            message=Message.from_json(row.message),
            at=row.at,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Coming:
    """A digest that has not left: whose, when, by which channel, and how many lines it has."""

    person: str
    channel: str
    due_at: datetime
    lines: int


def page_of(person: str, due_at: datetime) -> str:
    """The name of the digest of a person that is due then."""
    return f"digest/{person}/{due_at.isoformat()}"


def times(at: time, zone: str, after: datetime) -> Iterator[datetime]:
    """The next moments after `after` at which a clock on the wall of that zone shows this time."""
    first = after.astimezone(ZoneInfo(zone)).date()
    for days in range(_DAYS_AHEAD):
        moment = datetime.combine(first + timedelta(days=days), at, ZoneInfo(zone)).astimezone(UTC)
        if moment > after:
            yield moment


def empty(person: str, language: str) -> Message:
    """What stands in the row until it leaves."""
    return Message(kind="digest", subject="", lines=(), person=person, language=language)


def gather(
    conn: Connection,
    open_one: Callable[[datetime], Delivery | None],
    *,
    key: str,
    person: str,
    incident: str | None,
    reason: str,
    message: Message,
    due: Iterable[datetime],
    at: datetime,
) -> None:
    """Writes a line into the first digest of these times that is not on its way already.

    `open_one` makes the digest of a time, None where no channel reaches the person: the line is kept all the same.
    `key` names the line: the same one is written once.
    """
    page = ""
    for due_at in due:
        page = page_of(person, due_at)
        opened = None if store.of_page(conn, page) else open_one(due_at)
        if opened is not None:
            store.add(conn, opened)
        if _is_open(conn, page):
            break
    conn.execute(
        insert(conn, digest_item)
        .values(
            id=new_id("dig"),
            page=page,
            person=person,
            incident=incident,
            reason=reason,
            message=message.as_json(),
            at=at,
            key=key,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )


def _is_open(conn: Connection, page: str) -> bool:
    """Whether nobody has tried to send it yet. Held until the end of the transaction, so that it stays so."""
    query = select(delivery.c.state, delivery.c.attempt).where(delivery.c.page == page).with_for_update()
    rows = conn.execute(query).all()
    return all(row.state == "waiting" and row.attempt == 0 for row in rows)


def items_of(conn: Connection, page: str, *, limit: int = 1_000) -> list[Item]:
    """The lines of one digest in the order in which they came."""
    query = select(digest_item).where(digest_item.c.page == page)
    rows = conn.execute(query.order_by(digest_item.c.at, digest_item.c.id).limit(limit))
    return [Item.from_row(row) for row in rows]


def coming(conn: Connection) -> list[Coming]:
    """Every digest that has not left yet, the next one first."""
    lines = select(func.count()).where(digest_item.c.page == delivery.c.page).scalar_subquery()
    query = select(delivery.c.person, delivery.c.channel, delivery.c.due_at, lines.label("lines")).where(
        delivery.c.kind == "digest", delivery.c.state.in_(store.OPEN)
    )
    return [
        Coming(person=row.person or "", channel=row.channel or "", due_at=row.due_at, lines=row.lines)
        for row in conn.execute(query.order_by(delivery.c.due_at, delivery.c.person).limit(500))
    ]


def written(message: Message, items: list[Item], zone: str) -> Message:
    """The digest as it leaves: a line for each message, moments in `zone`."""
    language = message.language
    lines = [
        translate(language, _LINE, time=calendar(language, each.at, zone), subject=each.message.subject)
        for each in items[:_MOST_LINES]
    ]
    if len(items) > _MOST_LINES:
        lines.append(translate(language, _MORE, count=len(items) - _MOST_LINES))
    return replace(message, subject=translate(language, _SUBJECT, count=len(items)), lines=tuple(lines))
