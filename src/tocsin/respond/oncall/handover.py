"""What does the next one have to know? A note for the end of each turn, drafted from what is open.

Who hands over to whom, which incidents are open and what happened to them last, who was paged in the turn, and what
the one who goes has added in their own words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Row, func, select

from tocsin.act.notify.store import delivery
from tocsin.ground import timeline
from tocsin.ground.i18n import N_, exact, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, insert
from tocsin.respond.oncall import schedule_store
from tocsin.respond.oncall.oncall import Oncall
from tocsin.respond.oncall.section import Rota

NOTE_MAX = 10_000
_SHOWN = 20
_MOMENT = timedelta(microseconds=1)
_TITLE = N_("Hand-over of {schedule}, {time}: {giver} → {taker}")
_NOBODY = N_("nobody")
_OPEN = N_("Open incidents: {count}")
_NONE_OPEN = N_("No incident is open.")
_MORE = N_("and {count} more")
_PAGED = N_("Paged since {time}: {count}")
_NOT_PAGED = N_("Nobody was paged since {time}.")
_NOTES = N_("Notes")


class Unfinished(Protocol):
    """The part of an incident that a note tells."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What somebody wrote for whoever comes next."""

    id: str
    schedule: str
    at: datetime
    by: str
    text: str

    @classmethod
    def from_row(cls, row: Row[Any]) -> Note:
        return cls(**dict(row._mapping))  # pyright: ignore[reportPrivateUsage] - public by documentation, named so to keep columns free


class Handovers:
    """The notes of all schedules. `unfinished` are the incidents that are open, the newest first."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Callable[[], Rota],
        *,
        oncall: Oncall,
        unfinished: Callable[[Connection], Sequence[Unfinished]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._oncall = oncall
        self._unfinished = unfinished

    def note(self, schedule: str, text: str, by: str) -> Note:
        """Adds a sentence to the next hand-over. Raises NotFound, Invalid for an empty or endless text."""
        self._oncall.timetable(schedule)
        clean = text.strip()
        if not 0 < len(clean) <= NOTE_MAX or "\x00" in clean:
            raise Invalid(f"a note has 1 to {NOTE_MAX} characters", field="text")
        made = Note(id=new_id("not"), schedule=schedule, at=self._clock.now(), by=by, text=clean)
        values = {name: getattr(made, name) for name in Note.__slots__}
        self._store.write(lambda conn: void(conn.execute(insert(conn, schedule_store.note).values(**values))))
        return made

    def draft(self, conn: Connection, schedule: str, at: datetime | None = None, language: str = "") -> str:
        """What the note would say if the turn ended now, or says of the turn that ends at `at`."""
        moment = at or self._clock.now()
        current, table = self._current(), self._oncall.timetable(schedule)
        tongue = language or current.language
        since = table.since(moment - _MOMENT)
        giver = table.who(moment - _MOMENT)
        taker = table.who(moment)
        if taker == giver:
            following = next(table.changes(moment), None)
            taker = following[1] if following else None

        def when(each: datetime) -> str:
            return exact(tongue, each, table.zone.key)

        lines = [
            translate(
                tongue,
                _TITLE,
                schedule=table.schedule.title or schedule,
                time=when(moment),
                giver=self._called(giver, tongue),
                taker=self._called(taker, tongue),
            ),
            "",
        ]
        lines += self._incidents(conn, tongue, when)
        lines += ["", *self._pages(conn, giver, since, moment, tongue, when)]
        notes = self._notes(conn, schedule, since, moment)
        if notes:
            lines += ["", translate(tongue, _NOTES)]
            lines += [
                f"- {when(each.at)} {self._called(_person(each.by), tongue)}: {each.text}" for each in notes
            ]
        return "\n".join(lines) + "\n"

    def _incidents(self, conn: Connection, language: str, when: Callable[[datetime], str]) -> list[str]:
        found = self._unfinished(conn)
        if not found:
            return [translate(language, _NONE_OPEN)]
        lines = [translate(language, _OPEN, count=len(found))]
        for each in found[:_SHOWN]:
            lines.append(f"- {each.id} [{each.severity}] {each.title} ({translate(language, each.state)})")
            told = timeline.of_incident(conn, each.id)
            if told:
                lines.append(f"  {when(told[-1].at)} {timeline.sentence(told[-1], language)}")
        if len(found) > _SHOWN:
            lines.append(translate(language, _MORE, count=len(found) - _SHOWN))
        return lines

    def _pages(
        self,
        conn: Connection,
        person: str | None,
        since: datetime,
        until: datetime,
        language: str,
        when: Callable[[datetime], str],
    ) -> list[str]:
        query = (
            select(delivery.c.incident, func.min(delivery.c.due_at).label("first"))
            .where(
                delivery.c.kind == "page",
                delivery.c.person == person,
                delivery.c.due_at >= since,
                delivery.c.due_at < until,
            )
            .group_by(delivery.c.page, delivery.c.incident)
            .order_by(func.min(delivery.c.due_at).desc())
        )
        rows: Sequence[Row[Any]] = conn.execute(query).all()
        if not rows:
            return [translate(language, _NOT_PAGED, time=when(since))]
        lines = [translate(language, _PAGED, time=when(since), count=len(rows))]
        lines += [f"- {when(row.first)} {row.incident or ''}".rstrip() for row in rows[:_SHOWN]]
        if len(rows) > _SHOWN:
            lines.append(translate(language, _MORE, count=len(rows) - _SHOWN))
        return lines

    def _notes(self, conn: Connection, schedule: str, since: datetime, until: datetime) -> list[Note]:
        table = schedule_store.note
        query = select(table).where(table.c.schedule == schedule, table.c.at >= since, table.c.at <= until)
        return [Note.from_row(row) for row in conn.execute(query.order_by(table.c.at, table.c.id))]

    def _called(self, person: str | None, language: str) -> str:
        if person is None:
            return translate(language, _NOBODY)
        known = self._current().people.get(person)
        return getattr(known, "name", None) or person


def _person(actor: str) -> str:
    return actor.partition(":")[2] or actor


def void(_: object) -> None:
    """For a job whose caller wants no answer."""
