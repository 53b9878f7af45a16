"""Was everything done that was due? What the rows say, whichever process should have done it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, func, select

from tocsin.act.notify.store import OPEN, REACHED, delivery
from tocsin.ground.engine.boots import Boots
from tocsin.ground.engine.timers import timer
from tocsin.ground.i18n import N_
from tocsin.ground.timeline.reason import Reason, reason
from tocsin.learn.watch.store import Finding
from tocsin.sense.alerts.store import alert_event

_SENT_AFTER = timedelta(seconds=60)
"""A page has its next channel after this long: only what is unsent for longer is a finding."""
_HANGS = timedelta(minutes=5)

TIMERS = reason(N_("{count} timers are due and did not fire; the oldest for {seconds} s"))
PAGES = reason(N_("{count} messages are due and nobody tries to send them; the oldest for {seconds} s"))
SENDER = reason(N_("{count} pages cannot be sent; the oldest for {seconds} s. The last answer: {error}"))
FAILED = reason(N_("{count} pages have failed by every channel. The last answer: {error}"))
TRIAGE = reason(N_("{count} alerts wait to be judged; the oldest for {seconds} s"))
WORKERS = reason(N_("no process is alive that judges alerts and sends pages"))


def findings(conn: Connection, now: datetime, late: timedelta, boots: Boots) -> Iterator[Finding]:
    """What is due for longer than `late` and not done."""
    before = now - late
    overdue = (timer.c.state == "waiting") & (timer.c.due_at < before)
    stuck = (timer.c.state == "claimed") & (timer.c.claimed_at < before - _HANGS)
    yield from _late(conn, "timers", TIMERS, timer, timer.c.due_at, overdue | stuck, now)
    idle = (delivery.c.state == "waiting") & (delivery.c.next_at < before)
    yield from _late(conn, "pages", PAGES, delivery, delivery.c.next_at, idle, now)
    news = (alert_event.c.state == "new") & (alert_event.c.at < before)
    yield from _late(conn, "triage", TRIAGE, alert_event, alert_event.c.at, news, now)
    unsent = (
        delivery.c.state.in_(OPEN)
        & (delivery.c.kind == "page")
        & (delivery.c.attempt > 0)
        & delivery.c.held_at.is_(None)
        & (delivery.c.due_at < before - _SENT_AFTER)
    )
    yield from _late(conn, "sender", SENDER, delivery, delivery.c.due_at, unsent & _alone(), now)
    refused = (
        (delivery.c.state == "failed") & (delivery.c.kind == "page") & (delivery.c.next_at >= before - late)
    )
    yield from _late(conn, "unreached", FAILED, delivery, delivery.c.due_at, refused & _alone(), now)
    if not any(each.role != "web" for each in boots.living(conn)):
        yield Finding(part="workers", said=WORKERS())


def _alone() -> ColumnElement[bool]:
    """The person has the page by no other channel either."""
    other = delivery.alias()
    return ~select(other.c.id).where(other.c.page == delivery.c.page, other.c.state.in_(REACHED)).exists()


def _late(
    conn: Connection,
    part: str,
    said: Reason,
    table: Table,
    since: ColumnElement[datetime],
    which: ColumnElement[bool],
    now: datetime,
) -> Iterator[Finding]:
    count, oldest = conn.execute(select(func.count(), func.min(since)).select_from(table).where(which)).one()
    if not count:
        return
    error = ""
    if table is delivery:
        error = conn.scalar(select(delivery.c.error).where(which).order_by(since.desc()).limit(1)) or "none"
    seconds = max(0, round((now - oldest).total_seconds()))
    yield Finding(part=part, said=said(count=count, seconds=seconds, error=error[:150]))
