"""Would a page reach whoever is on call? Ask them: a drill page, and one button that says "it arrived".

A drill is a row for each person who is asked, written with the message; the button on the signed page answers it. What
was not answered in time was missed, by whatever channel it went. When the last one of a schedule is too long ago, those
who are on call hear so, once a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Index, Row, Table, Text, func, select, update

from tocsin.act.notify import Deliveries, Delivery, Message
from tocsin.ground.engine import Timer, Timers
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, Time, insert, metadata
from tocsin.respond.oncall.drill_section import DrillSettings
from tocsin.respond.oncall.oncall import Oncall
from tocsin.respond.oncall.section import Rota

_ID = "drl"
_TIMER = "drill.remind"
_DAY = timedelta(days=1)

_SUBJECT = N_("Drill: does this page reach you?")
_WHY = N_("Nothing is wrong. This is a drill of {schedule}, asked for by {actor}.")
_ANSWER = N_("Open the link and press the button, as you would for an incident.")
_OVERDUE = N_("It is time for a drill of {schedule}")
_NEVER = N_("There has been none yet. `tocsin oncall drill {schedule}` pages who is on call.")
_LAST = N_("The last one was {days} days ago. `tocsin oncall drill {schedule}` pages who is on call.")

drill = Table(
    "drill",
    metadata,
    Column("id", Text, primary_key=True),
    Column("schedule", Text, nullable=False),  # empty: the person was asked by name
    Column("person", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("asked_at", Time, nullable=False),
    Column("arrived_at", Time),
    Column("channel", Text),  # by which it arrived, else by which it was sent first
    Index("ix_drill_schedule", "schedule", "asked_at"),
)


class Directory(Rota, Protocol):
    """What drills read of the configuration."""

    @property
    def drills(self) -> DrillSettings: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """One person's drill. `state` is `waiting`, `arrived` or `missed`; `after_s` how long it took to be answered, in
    seconds; `schedule` is empty where the person was asked by name.
    """

    id: str
    schedule: str
    person: str
    by: str
    asked_at: datetime
    arrived_at: datetime | None
    channel: str | None
    state: str
    after_s: float | None


class Drills:
    """Every drill of this installation."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Callable[[], Directory],
        *,
        oncall: Oncall,
        deliveries: Deliveries,
        timers: Timers,
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._oncall = oncall
        self._deliveries = deliveries
        self._timers = timers
        timers.on(_TIMER, self._remind)

    def start(self) -> None:
        """Sets the daily look at what is due; one that is set already stays."""
        now = self._clock.now()
        self._store.write(lambda conn: self._timers.set(conn, _TIMER, "", now + timedelta(minutes=1)))

    def ask(self, who: str | None, by: str) -> list[Drill]:
        """Pages whoever is on call in the schedule `who`, or in every schedule, or the person of that name.

        Raises NotFound for a name that leads nowhere, Conflict where nobody is on call, Invalid where no channel
        reaches anybody.
        """
        now = self._clock.now()
        wanted = self._wanted(who, now)
        if not wanted:
            raise Conflict(
                "nobody is on call there now", field="schedule", fix="Fill the gap: tocsin oncall now."
            )

        def job(conn: Connection) -> list[tuple[str, Delivery]]:
            return [
                (id_, page)
                for schedule, person in wanted
                if (id_ := new_id(_ID)) and (page := self._page(conn, id_, schedule, person, by, now))
            ]

        made = self._store.write(job)
        if not made:
            raise Invalid(
                "no channel reaches " + ", ".join(person for _, person in wanted),
                field="person",
                fix="Give the person an email: or a webhook:, and a channel of that kind under channels:.",
            )
        self._deliveries.hand([page for _, page in made])
        with self._store.read() as conn:
            rows = conn.execute(select(drill).where(drill.c.id.in_([id_ for id_, _ in made])))
            return [self._of(row) for row in rows]

    def of(self, delivery: Delivery) -> Drill | None:
        """The drill whose message this is; None where it belongs to none."""
        with self._store.read() as conn:
            row = conn.execute(select(drill).where(drill.c.id == _named(delivery))).first()
        return self._of(row) if row else None

    def arrived(self, delivery: Delivery) -> Drill | None:
        """The person pressed the button on the page of this message; None where it was no drill. Pressing again
        changes nothing.
        """
        answered = (
            update(drill)
            .where(drill.c.id == _named(delivery), drill.c.arrived_at.is_(None))
            .values(arrived_at=self._clock.now(), channel=delivery.channel)
        )
        self._store.write(lambda conn: conn.execute(answered))
        return self.of(delivery)

    def recent(self, *, limit: int = 100) -> list[Drill]:
        """The drills, newest first."""
        with self._store.read() as conn:
            rows = conn.execute(select(drill).order_by(drill.c.asked_at.desc(), drill.c.id).limit(limit))
            return [self._of(row) for row in rows]

    def latest(self) -> dict[str, Drill]:
        """Schedule → its last drill; one that never had any is not there."""
        newest = (
            select(drill.c.schedule, func.max(drill.c.asked_at).label("at"))
            .where(drill.c.schedule != "")
            .group_by(drill.c.schedule)
            .subquery()
        )
        query = select(drill).join(
            newest, (drill.c.schedule == newest.c.schedule) & (drill.c.asked_at == newest.c.at)
        )
        with self._store.read() as conn:
            return {row.schedule: self._of(row) for row in conn.execute(query)}

    def overdue(self) -> dict[str, Drill | None]:
        """The schedules whose last drill is too long ago, with that drill; nothing where none is asked for."""
        every = self._current().drills.every
        if every is None:
            return {}
        now, latest = self._clock.now(), self.latest()
        return {
            name: latest.get(name)
            for name in self._current().schedules
            if name not in latest or now - latest[name].asked_at > every
        }

    def _wanted(self, who: str | None, at: datetime) -> list[tuple[str, str]]:
        """(schedule, person) of everybody who is asked, each person once."""
        current = self._current()
        if who is not None and who not in current.schedules:
            if who in current.people:
                return [("", who)]
            raise NotFound(
                f"there is no schedule and no person {who}",
                field="schedule",
                fix="Look under schedules: and people: in tocsin.yaml.",
            )
        schedules = [who] if who is not None else list(current.schedules)
        found: dict[str, tuple[str, str]] = {}
        for name in schedules:
            for person in self._oncall.people((f"schedule:{name}",), at):
                found.setdefault(person, (name, person))
        return list(found.values())

    def _page(
        self, conn: Connection, id_: str, schedule: str, name: str, by: str, now: datetime
    ) -> Delivery | None:
        current = self._current()
        person = current.people[name]
        routes = self._deliveries.routes(person)
        if not routes:
            return None
        language = person.language or current.language
        title = current.schedules[schedule].title or schedule if schedule else name
        actor = by.partition(":")[2] or by
        message = Message(
            kind="test",
            subject=translate(language, _SUBJECT),
            lines=(translate(language, _WHY, schedule=title, actor=actor), translate(language, _ANSWER)),
            person=name,
            language=language,
        )
        conn.execute(
            insert(conn, drill).values(
                id=id_, schedule=schedule, person=name, by=by, asked_at=now, channel=routes[0].channel
            )
        )
        return self._deliveries.queue(
            conn,
            kind="test",
            cause=f"drill/{id_}",
            incident=None,
            person=name,
            route=routes[0],
            message=message,
            at=now,
            claimed=True,
        )

    def _of(self, row: Row[Any]) -> Drill:
        over = self._clock.now() - row.asked_at > self._current().drills.within
        state = "arrived" if row.arrived_at else "missed" if over else "waiting"
        after = (row.arrived_at - row.asked_at).total_seconds() if row.arrived_at else None
        return Drill(
            id=row.id,
            schedule=row.schedule,
            person=row.person,
            by=row.by,
            asked_at=row.asked_at,
            arrived_at=row.arrived_at,
            channel=row.channel,
            state=state,
            after_s=after,
        )

    # ── the reminder ─────────────────────────────────────────────────────────────────────────────────────

    def _remind(self, due: Timer) -> None:
        now = self._clock.now()
        overdue = self.overdue()

        def job(conn: Connection) -> list[Delivery]:
            written = [
                page
                for schedule, last in overdue.items()
                for person in self._oncall.people((f"schedule:{schedule}",), now)
                if (page := self._notice(conn, schedule, last, person, now))
            ]
            self._timers.set(conn, due.kind, due.subject, now + _DAY)
            return written

        self._deliveries.hand(self._store.write(job))

    def _notice(
        self, conn: Connection, schedule: str, last: Drill | None, name: str, now: datetime
    ) -> Delivery | None:
        current = self._current()
        person = current.people[name]
        routes = self._deliveries.routes(person)
        if not routes:
            return None
        language = person.language or current.language
        title = current.schedules[schedule].title or schedule
        line = (
            translate(language, _LAST, days=(now - last.asked_at).days, schedule=schedule)
            if last
            else translate(language, _NEVER, schedule=schedule)
        )
        message = Message(
            kind="notice",
            subject=translate(language, _OVERDUE, schedule=title),
            lines=(line,),
            person=name,
            language=language,
        )
        return self._deliveries.queue(
            conn,
            kind="notice",
            cause=f"drill-reminder/{schedule}/{now:%Y-%m-%d}",
            incident=None,
            person=name,
            route=routes[0],
            message=message,
            at=now,
            claimed=True,
        )


def _named(delivery: Delivery) -> str:
    kind, _, id_ = delivery.cause.partition("/")
    return id_ if kind == "drill" else ""
