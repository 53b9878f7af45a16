"""What does the next one have to know? A note at the end of each turn, drafted from what is open.

Who hands over to whom, which incidents are open and what happened to them last, who was paged in the turn, and what
people have added in their own words. It is written once for each turn, by whichever process comes first, and sent to
the next person where there is anything to tell and the turn has not ended too long ago.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Row, func, select

from tocsin.act.notify import Delivery
from tocsin.act.notify.store import delivery
from tocsin.ground import timeline
from tocsin.ground.i18n import N_, exact, sentence, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, insert
from tocsin.ground.timeline.store import timeline_event
from tocsin.respond.oncall import schedule_store
from tocsin.respond.oncall.notices import Notices
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
_YOURS = N_("You are on call for {schedule} now")
_LOOK_EVERY_S = 10.0
_LATEST = timedelta(days=1)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """A note as it was written at the end of a turn, in the language of the one who took over."""

    schedule: str
    at: datetime
    giver: str | None
    taker: str | None
    text: str
    written_at: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> Handover:
        return cls(**dict(row._mapping))  # pyright: ignore[reportPrivateUsage] - public by documentation, named so to keep columns free


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """`news`: there is more to tell than that somebody else is on call."""

    text: str
    news: bool


class Handovers:
    """The notes of all schedules. `unfinished` are the incidents that are open, the newest first."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Callable[[], Rota],
        *,
        oncall: Oncall,
        notices: Notices,
        unfinished: Callable[[Connection], Sequence[Unfinished]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._oncall = oncall
        self._notices = notices
        self._unfinished = unfinished
        self._seen: datetime | None = None
        self._looked_at: float | None = None

    # At the end of a turn

    def tick(self) -> None:
        """Writes what has fallen due since it was last asked, or since the last note before a restart."""
        look = self._clock.monotonic()
        if self._looked_at is not None and look - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = look
        now = self._clock.now()
        since = self._seen or self._last() or now
        for schedule in self._oncall.schedules():
            table = self._oncall.timetable(schedule)
            for at, taker in table.changes(max(since, now - _LATEST)):
                if at > now:
                    break
                self._write(schedule, at, table.who(at - _MOMENT), taker)
        self._seen = now

    def _last(self) -> datetime | None:
        with self._store.read() as conn:
            return conn.execute(select(func.max(schedule_store.handover.c.at))).scalar()

    def _write(self, schedule: str, at: datetime, giver: str | None, taker: str | None) -> None:
        current, now = self._current(), self._clock.now()
        known = current.people.get(taker or "")
        language = (known.language if known else None) or current.language
        settings = current.schedules[schedule]
        still = taker is not None and self._oncall.who(schedule, now) == taker

        def job(conn: Connection) -> Delivery | None:
            table = schedule_store.handover
            draft = self._draft(conn, schedule, at, language)
            written = conn.execute(
                insert(conn, table)
                .values(schedule=schedule, at=at, giver=giver, taker=taker, text=draft.text, written_at=now)
                .on_conflict_do_nothing(index_elements=["schedule", "at"])
                .returning(table.c.schedule)
            ).first()
            if written is None or taker is None:
                return None
            if settings.handover == "keep" or not draft.news or not still:
                return None
            title = settings.title or schedule
            return self._notices.queue(
                conn,
                taker,
                lambda tongue: (translate(tongue, _YOURS, schedule=title), tuple(draft.text.splitlines())),
                cause=f"handover/{schedule}/{at:%Y%m%dT%H%M%S}",
                at=now,
            )

        self._notices.hand(self._store.write(job))

    def written(self, schedule: str, limit: int = 20) -> list[Handover]:
        """The notes of the last turns, the newest first. Raises NotFound."""
        self._oncall.timetable(schedule)
        table = schedule_store.handover
        query = select(table).where(table.c.schedule == schedule).order_by(table.c.at.desc()).limit(limit)
        with self._store.read() as conn:
            return [Handover.from_row(row) for row in conn.execute(query)]

    # Words

    def note(self, schedule: str, text: str, by: str) -> Note:
        """Adds a sentence to the next hand-over. Raises NotFound, Invalid for an empty or endless text."""
        self._oncall.timetable(schedule)
        clean = text.strip()
        if not 0 < len(clean) <= NOTE_MAX or "\x00" in clean:
            raise Invalid(
                sentence(N_("a note has 1 to {note_max} characters"), note_max=NOTE_MAX), field="text"
            )
        made = Note(id=new_id("not"), schedule=schedule, at=self._clock.now(), by=by, text=clean)
        values = {name: getattr(made, name) for name in Note.__slots__}
        self._store.write(lambda conn: void(conn.execute(insert(conn, schedule_store.note).values(**values))))
        return made

    def draft(self, conn: Connection, schedule: str, at: datetime | None = None, language: str = "") -> str:
        """What the note would say if the turn ended now, or says of the turn that ends at `at`. Raises NotFound."""
        tongue = language or self._current().language
        return self._draft(conn, schedule, at or self._clock.now(), tongue).text

    def _draft(self, conn: Connection, schedule: str, moment: datetime, tongue: str) -> Draft:
        table = self._oncall.timetable(schedule)
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
        unfinished = self._unfinished(conn)
        pages = self._pages(conn, giver, since, moment)
        notes = self._notes(conn, schedule, since, moment)
        lines += _incidents(conn, unfinished, tongue, when)
        lines += ["", *_paged(pages, since, tongue, when)]
        if notes:
            lines += ["", translate(tongue, _NOTES)]
            lines += [
                f"- {when(each.at)} {self._called(_person(each.by), tongue)}: {each.text}" for each in notes
            ]
        return Draft(text="\n".join(lines) + "\n", news=bool(unfinished or pages or notes))

    def _pages(
        self, conn: Connection, person: str | None, since: datetime, until: datetime
    ) -> list[tuple[datetime, str]]:
        """When somebody was paged, and for which incident, the newest first."""
        if person is None:
            return []
        first = func.min(delivery.c.due_at)
        query = (
            select(first, delivery.c.incident)
            .where(
                delivery.c.kind == "page",
                delivery.c.person == person,
                delivery.c.due_at >= since,
                delivery.c.due_at < until,
            )
            .group_by(delivery.c.page, delivery.c.incident)
            .order_by(first.desc())
        )
        return [(at, incident or "") for at, incident in conn.execute(query)]

    def _notes(self, conn: Connection, schedule: str, since: datetime, until: datetime) -> list[Note]:
        table = schedule_store.note
        query = select(table).where(table.c.schedule == schedule, table.c.at >= since, table.c.at <= until)
        return [Note.from_row(row) for row in conn.execute(query.order_by(table.c.at, table.c.id))]

    def _called(self, person: str | None, language: str) -> str:
        return translate(language, _NOBODY) if person is None else self._notices.called(person)


def _incidents(
    conn: Connection, found: Sequence[Unfinished], language: str, when: Callable[[datetime], str]
) -> list[str]:
    if not found:
        return [translate(language, _NONE_OPEN)]
    lines = [translate(language, _OPEN, count=len(found))]
    last = _last_events(conn, [each.id for each in found[:_SHOWN]])
    for each in found[:_SHOWN]:
        lines.append(f"- {each.id} [{each.severity}] {each.title} ({translate(language, each.state)})")
        if event := last.get(each.id):
            lines.append(f"  {when(event.at)} {timeline.sentence(event, language)}")
    return [*lines, *_more(found, language)]


def _last_events(conn: Connection, incidents: Sequence[str]) -> dict[str, timeline.Event]:
    """What happened last to each; that pages were on their way is no news."""
    columns = timeline_event.c
    query = (
        select(columns.incident, func.max(columns.seq))
        .where(columns.incident.in_(incidents), columns.kind.not_like("page.%"))
        .group_by(columns.incident)
    )
    return {
        incident: timeline.of_incident(conn, incident, after=seq - 1, limit=1)[0]
        for incident, seq in conn.execute(query)
    }


def _paged(
    found: Sequence[tuple[datetime, str]], since: datetime, language: str, when: Callable[[datetime], str]
) -> list[str]:
    if not found:
        return [translate(language, _NOT_PAGED, time=when(since))]
    lines = [translate(language, _PAGED, time=when(since), count=len(found))]
    lines += [f"- {when(at)} {incident}".rstrip() for at, incident in found[:_SHOWN]]
    return [*lines, *_more(found, language)]


def _more(found: Sequence[object], language: str) -> list[str]:
    return [translate(language, _MORE, count=len(found) - _SHOWN)] if len(found) > _SHOWN else []


def _person(actor: str) -> str:
    return actor.partition(":")[2] or actor


def void(_: object) -> None:
    """For a job whose caller wants no answer."""
