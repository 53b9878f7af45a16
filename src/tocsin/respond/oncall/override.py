"""Who stands in for whom, beside the configuration? Overrides that people made, with author, time and reason.

What was read is remembered: a change by this process is seen at once, one by another process within seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select, update

from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, insert
from tocsin.respond.oncall import schedule_store
from tocsin.respond.oncall.hours import within_reach
from tocsin.respond.oncall.section import Rota
from tocsin.respond.oncall.timetable import CONFIGURED

TOPIC = "oncall"
"""Rings when somebody changes who is on call."""
LONGEST = timedelta(days=366)
REASON_MAX = 500
_LOOK_EVERY_S = 5.0
_KEPT = timedelta(days=800)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """Somebody instead of whoever would be on call. `swap` is the swap that it came from.

    One that was removed before it began never counted; one that was ended early has its `end` moved.
    """

    id: str
    schedule: str
    person: str
    start: datetime
    end: datetime
    reason: str
    created_by: str
    created_at: datetime
    place: int = 0
    swap: str | None = None
    removed_by: str | None = None
    removed_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Override:
        return cls(
            id=row.id,
            schedule=row.schedule,
            person=row.person,
            start=row.starts_at,
            end=row.ends_at,
            reason=row.reason,
            created_by=row.created_by,
            created_at=row.created_at,
            place=row.place,
            swap=row.swap,
            removed_by=row.removed_by,
            removed_at=row.removed_at,
        )


class Overrides:
    """Those of all schedules."""

    def __init__(self, store: Store, clock: Clock, current: Callable[[], Rota], bell: Bell) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._bell = bell
        self._lock = threading.Lock()
        self._kept: Mapping[str, Sequence[Override]] | None = None
        self._looked_at = 0.0
        self._changes = 0
        bell.on(TOPIC, self._forget)

    # Questions

    def of(self, schedule: str) -> Sequence[Override]:
        """What counts for a schedule, the strongest last, from memory: those of two years, seconds old at most."""
        with self._lock:
            kept = self._kept
            fresh = self._clock.monotonic() - self._looked_at < _LOOK_EVERY_S
        if kept is None or not fresh:
            kept = self._renew(kept)
        return kept.get(schedule, ())

    def list(
        self, schedule: str | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> list[Override]:
        """Those that reach into this time and were not removed, the first to begin in front."""
        table = schedule_store.override
        query = select(table).where(table.c.removed_at.is_(None))
        if schedule is not None:
            query = query.where(table.c.schedule == schedule)
        if start is not None:
            query = query.where(table.c.ends_at > start)
        if end is not None:
            query = query.where(table.c.starts_at < end)
        with self._store.read() as conn:
            rows = conn.execute(query.order_by(table.c.starts_at, table.c.id)).all()
        return [Override.from_row(row) for row in rows]

    def get(self, id_: str) -> Override:
        """Raises NotFound."""
        with self._store.read() as conn:
            return _get(conn, id_)

    # Acts

    def put(
        self, *, schedule: str, person: str, start: datetime, end: datetime, reason: str, by: str
    ) -> Override:
        """Puts somebody on call. Raises Invalid, or NotFound for a schedule or person that is not there."""
        now = self._clock.now()
        self._check(schedule, person)
        if not within_reach(start):
            raise Invalid(N_("a time of a schedule lies between 1970 and 2199"), field="start")
        if end <= start or end - start > LONGEST:
            raise Invalid(N_("an override ends after it begins, and within a year"), field="end")
        if end <= now:
            raise Invalid(
                N_("this time is over"), field="end", fix=N_("An override changes what is to come.")
            )
        made = Override(
            id=new_id("ovr"),
            schedule=schedule,
            person=person,
            start=start,
            end=end,
            reason=checked_text(reason, "reason"),
            created_by=by,
            created_at=now,
        )
        self._store.write(lambda conn: write(conn, made))
        self._bell.ring(TOPIC)
        return made

    def remove(self, id_: str, by: str) -> Override:
        """Takes it back; one under way ends now. Raises NotFound, or Conflict when it is over or removed."""
        if id_.startswith(CONFIGURED):
            raise Conflict(
                sentence(N_("{id} stands in the configuration."), id=id_), fix=N_("Change tocsin.yaml.")
            )

        def job(conn: Connection) -> Override:
            table, now = schedule_store.override, self._clock.now()
            known = _get(conn, id_, lock=True)
            if known.removed_at is not None or known.end <= now:
                raise Conflict(
                    sentence(N_("The override {id} is over."), id=id_),
                    fix=N_("Look again: tocsin oncall override list."),
                )
            begun = known.start < now
            values: dict[str, Any] = {"removed_by": by}
            values |= {"ends_at": now} if begun else {"removed_at": now}
            conn.execute(update(table).where(table.c.id == id_).values(**values))
            return _get(conn, id_)

        removed = self._store.write(job)
        self._bell.ring(TOPIC)
        return removed

    def _check(self, schedule: str, person: str) -> None:
        current = self._current()
        if schedule not in current.schedules:
            fix = did_you_mean(schedule, current.schedules, "schedules")
            raise NotFound(
                sentence(N_("There is no schedule {schedule}."), schedule=schedule), field="schedule", fix=fix
            )
        if person not in current.people:
            fix = did_you_mean(person, current.people, "people")
            raise NotFound(
                sentence(N_("There is no person {person}."), person=person), field="person", fix=fix
            )

    # Memory

    def _forget(self) -> None:
        with self._lock:
            self._kept = None
            self._changes += 1

    def _renew(self, before: Mapping[str, Sequence[Override]] | None) -> Mapping[str, Sequence[Override]]:
        table = schedule_store.override
        with self._lock:
            looked_at, changes = self._clock.monotonic(), self._changes
        query = (
            select(table)
            .where(table.c.removed_at.is_(None), table.c.ends_at > self._clock.now() - _KEPT)
            .order_by(table.c.created_at, table.c.place, table.c.id)
        )
        try:
            with self._store.read() as conn:
                rows = conn.execute(query).all()
        except Unavailable:
            # Better somebody who was on call a moment ago than nobody.
            _log.warning("overrides could not be read", exc_info=True)
            return before or {}
        found: dict[str, list[Override]] = {}
        for row in rows:
            found.setdefault(row.schedule, []).append(Override.from_row(row))
        with self._lock:
            if changes == self._changes:  # else what was read may be older than the change
                self._kept, self._looked_at = found, looked_at
        return found


def write(conn: Connection, made: Override) -> None:
    """Writes one within the caller's transaction, who rings `TOPIC` after the commit."""
    conn.execute(
        insert(conn, schedule_store.override).values(
            id=made.id,
            schedule=made.schedule,
            person=made.person,
            starts_at=made.start,
            ends_at=made.end,
            reason=made.reason,
            created_by=made.created_by,
            created_at=made.created_at,
            place=made.place,
            swap=made.swap,
        )
    )


def checked_text(text: str, field: str) -> str:
    """What a person wrote, without space around it. Raises Invalid when it is too long."""
    clean = text.strip()
    if len(clean) > REASON_MAX or "\x00" in clean:
        raise Invalid(
            sentence(N_("{field} has at most {reason_max} characters"), field=field, reason_max=REASON_MAX),
            field=field,
        )
    return clean


def _get(conn: Connection, id_: str, *, lock: bool = False) -> Override:
    table = schedule_store.override
    query = select(table).where(table.c.id == id_)
    row = conn.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(
            sentence(N_("There is no override {id}."), id=id_),
            fix=N_("List them: tocsin oncall override list."),
        )
    return Override.from_row(row)
