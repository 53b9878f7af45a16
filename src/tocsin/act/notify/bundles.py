"""May this message leave now, and for how many others does it stand? The caps of a channel, in one transaction.

1. A channel without caps lets everything through. 2. Where there is room, the message leaves, and takes along
whatever waits for the same address. 3. Where there is none it waits until there is; meanwhile the person's next
channel is used, as for anything unsent. 4. The first page of an urgent incident always leaves, and counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, func, select

from tocsin.act.notify import limits, store
from tocsin.act.notify.limits import Cap
from tocsin.act.notify.message import Message
from tocsin.act.notify.store import Delivery
from tocsin.ground.i18n import N_, translate

_NAMED = 5
_SUBJECT = N_("{count} incidents: {subject} and {more} more")
_MORE = N_("and {count} more incidents")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a message that wants to leave: it goes, with `others`, or waits `until` there is room.

    `is_news`: it was not held before. `stale`: it is not this attempt's to send any more.
    """

    others: tuple[Delivery, ...] = ()
    until: datetime | None = None
    is_news: bool = False
    stale: bool = False


def judge(
    conn: Connection, claimed: Delivery, caps: Sequence[Cap], now: datetime, *, urgent: bool
) -> Verdict:
    """Counts the message, or holds it back."""
    if conn.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        place = f"{claimed.channel} {claimed.address}"
        one_by_one = func.pg_advisory_xact_lock(func.hashtextextended(place, 0))
        conn.execute(select(one_by_one))
    if not store.is_mine(conn, claimed):
        return Verdict(stale=True)
    if claimed.kind == "page" and urgent and not store.has_more(conn, claimed):
        store.let_through(conn, claimed, now)
        return Verdict()
    left = store.left_since(conn, claimed, now - limits.longest(caps))
    until = limits.room_from(caps, left, now)
    if until > now:
        return Verdict(until=until, is_news=store.hold(conn, claimed, until, now))
    store.let_through(conn, claimed, now)
    return Verdict(others=tuple(store.take_along(conn, claimed, now)))


def message_for(lead: Message, others: Sequence[Delivery]) -> Message:
    """The lead's message, which says for how many it stands, and names the first of them."""
    if not others:
        return lead
    language, count = lead.language, len(others)
    named = [each.message.subject for each in others[:_NAMED] if each.message is not None]
    lines = (*lead.lines, *named)
    if count > _NAMED:
        lines = (*lines, translate(language, _MORE, count=count - _NAMED))
    subject = translate(language, _SUBJECT, count=count + 1, subject=lead.subject, more=count)
    return replace(lead, subject=subject, lines=lines)


def key_for(lead: Delivery, others: Sequence[Delivery]) -> str:
    """The same for the same message only: a receiver that drops a repetition must not drop what is new in it."""
    if not others:
        return lead.key
    names = " ".join(sorted(each.id for each in others))
    return f"{lead.key}+{blake2b(names.encode(), digest_size=8).hexdigest()}"
