"""May somebody else take my shift? Swaps: asked, then accepted, declined or cancelled.

An accepted swap becomes overrides, in both directions when something is given in return, each only where its
giver is on call at that time: what others have is never touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, or_, select, update

from tocsin.act.notify import Delivery
from tocsin.ground.accounts import Identity, Permission, require
from tocsin.ground.i18n import N_, exact, sentence, translate
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, insert
from tocsin.respond.oncall import override, schedule_store
from tocsin.respond.oncall.notices import Notices
from tocsin.respond.oncall.oncall import Oncall, Shift
from tocsin.respond.oncall.override import LONGEST, Override, checked_text
from tocsin.respond.oncall.section import Rota

State = Literal["asked", "accepted", "declined", "cancelled"]
_SUBJECTS: dict[State, str] = {
    "asked": N_("{giver} asks you to take their shift of {schedule}"),
    "accepted": N_("{taker} takes your shift of {schedule}"),
    "declined": N_("{taker} cannot take your shift of {schedule}"),
    "cancelled": N_("{giver} no longer asks you to take their shift of {schedule}"),
}
_GIVEN = N_("The shift: {start} – {end}")
_RETURNED = N_("In return: {start} – {end}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Swap:
    """`giver` asks `taker` to be on call from `start` to `end`; for that, `giver` takes the time of `back_start`
    to `back_end`, if there is one.
    """

    id: str
    schedule: str
    giver: str
    taker: str
    start: datetime
    end: datetime
    back_start: datetime | None
    back_end: datetime | None
    note: str
    state: State
    asked_by: str
    asked_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Swap:
        return cls(
            id=row.id,
            schedule=row.schedule,
            giver=row.giver,
            taker=row.taker,
            start=row.starts_at,
            end=row.ends_at,
            back_start=row.back_starts_at,
            back_end=row.back_ends_at,
            note=row.note,
            state=row.state,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            answered_by=row.answered_by,
            answered_at=row.answered_at,
        )


class Swaps:
    """Those of all schedules."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Callable[[], Rota],
        bell: Bell,
        *,
        oncall: Oncall,
        notices: Notices,
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._bell = bell
        self._oncall = oncall
        self._notices = notices

    # Questions

    def get(self, id_: str) -> Swap:
        """Raises NotFound."""
        with self._store.read() as conn:
            return _get(conn, id_)

    def open(self, person: str | None = None) -> list[Swap]:
        """Those that wait for an answer and are not over, of one person or of all, the first to begin in front."""
        table = schedule_store.swap
        query = select(table).where(table.c.state == "asked", table.c.ends_at > self._clock.now())
        if person is not None:
            query = query.where(or_(table.c.giver == person, table.c.taker == person))
        with self._store.read() as conn:
            rows = conn.execute(query.order_by(table.c.starts_at, table.c.id)).all()
        return [Swap.from_row(row) for row in rows]

    def list(self, limit: int = 200) -> list[Swap]:
        """All of them, the newest first."""
        table = schedule_store.swap
        with self._store.read() as conn:
            rows = conn.execute(
                select(table).order_by(table.c.asked_at.desc(), table.c.id).limit(limit)
            ).all()
        return [Swap.from_row(row) for row in rows]

    # Acts

    def ask(
        self,
        *,
        schedule: str,
        giver: str,
        taker: str,
        start: datetime,
        end: datetime,
        note: str = "",
        by: str,
        back_start: datetime | None = None,
        back_end: datetime | None = None,
    ) -> Swap:
        """Asks. Raises NotFound, or Invalid where the giver has nothing to give (or the taker nothing to return)."""
        people = self._current().people
        for field, name in (("giver", giver), ("taker", taker)):
            if name not in people:
                raise NotFound(
                    sentence(N_("There is no person {name}."), name=name),
                    field=field,
                    fix=N_("Look under people:."),
                )
        if giver == taker:
            raise Invalid(N_("a swap needs two people"), field="taker")
        if (back_start is None) != (back_end is None):
            raise Invalid(N_("what is given in return needs a start and an end"), field="back_end")
        wanted = Swap(
            id=new_id("swp"),
            schedule=schedule,
            giver=giver,
            taker=taker,
            start=start,
            end=end,
            back_start=back_start,
            back_end=back_end,
            note=checked_text(note, "note"),
            state="asked",
            asked_by=by,
            asked_at=self._clock.now(),
        )
        self._legs(wanted)

        def job(conn: Connection) -> Swap:
            _write(conn, wanted)
            return wanted

        return self._done(job, tell=taker if _actor(taker) != by else None)

    def accept(self, id_: str, by: str) -> Swap:
        """Puts it into effect. Raises NotFound, or Conflict when it was answered or the shifts have moved since."""
        known = self.get(id_)
        try:
            legs = self._legs(known)
        except Invalid as error:
            raise Conflict(
                error.message, field=error.field, fix=N_("Cancel the swap and ask anew.")
            ) from None

        def job(conn: Connection) -> Swap:
            answered = self._answer(conn, id_, "accepted", by)
            for place, (person, shift) in enumerate(legs):
                made = Override(
                    id=new_id("ovr"),
                    schedule=answered.schedule,
                    person=person,
                    start=shift.start,
                    end=shift.end,
                    reason=answered.note,
                    created_by=by,
                    created_at=self._clock.now(),
                    place=place,
                    swap=id_,
                )
                override.write(conn, made)
            return answered

        return self._done(job, tell=known.giver)

    def decline(self, id_: str, by: str) -> Swap:
        """The taker does not want to. Raises NotFound, or Conflict when it was answered."""
        tell = self.get(id_).giver
        return self._done(lambda conn: self._answer(conn, id_, "declined", by), tell=tell)

    def cancel(self, id_: str, by: str) -> Swap:
        """The giver takes the question back. Raises NotFound, or Conflict when it was answered."""
        tell = self.get(id_).taker
        return self._done(lambda conn: self._answer(conn, id_, "cancelled", by), tell=tell)

    def _done(self, job: Callable[[Connection], Swap], *, tell: str | None) -> Swap:
        """Writes it together with the notice to the other one of the two."""

        def whole(conn: Connection) -> tuple[Swap, Delivery | None]:
            swap = job(conn)
            if tell is None:
                return swap, None
            queued = self._notices.queue(
                conn,
                tell,
                lambda language: self._wording(swap, language),
                cause=f"swap/{swap.id}/{swap.state}",
                at=self._clock.now(),
            )
            return swap, queued

        swap, queued = self._store.write(whole)
        self._bell.ring(override.TOPIC)
        self._notices.hand(queued)
        return swap

    def _wording(self, swap: Swap, language: str) -> tuple[str, tuple[str, ...]]:
        table = self._oncall.timetable(swap.schedule)

        def time(start: datetime, end: datetime) -> dict[str, str]:
            zone = table.zone.key
            return {"start": exact(language, start, zone), "end": exact(language, end, zone)}

        lines = [translate(language, _GIVEN, **time(swap.start, swap.end))]
        if swap.back_start is not None and swap.back_end is not None:
            lines.append(translate(language, _RETURNED, **time(swap.back_start, swap.back_end)))
        if swap.note:
            lines.append(swap.note)
        return translate(
            language,
            _SUBJECTS[swap.state],
            giver=self._notices.called(swap.giver),
            taker=self._notices.called(swap.taker),
            schedule=table.schedule.title or swap.schedule,
        ), tuple(lines)

    def _answer(self, conn: Connection, id_: str, state: State, by: str) -> Swap:
        known, table = _get(conn, id_, lock=True), schedule_store.swap
        if known.state != "asked":
            raise Conflict(
                sentence(N_("The swap {id} was {state} already."), id=id_, state=known.state),
                fix=N_("Ask for another one."),
            )
        conn.execute(
            update(table)
            .where(table.c.id == id_)
            .values(state=state, answered_by=by, answered_at=self._clock.now())
        )
        return _get(conn, id_)

    def _legs(self, swap: Swap) -> list[tuple[str, Shift]]:
        """Who is put where. Raises Invalid."""
        legs = self._leg(swap, swap.giver, swap.taker, swap.start, swap.end, "start")
        if swap.back_start is not None and swap.back_end is not None:
            if swap.back_start < swap.end and swap.start < swap.back_end:
                raise Invalid(N_("what is given in return lies beside what is given"), field="back_start")
            legs += self._leg(swap, swap.taker, swap.giver, swap.back_start, swap.back_end, "back_start")
        return legs

    def _leg(
        self, swap: Swap, giver: str, taker: str, start: datetime, end: datetime, field: str
    ) -> list[tuple[str, Shift]]:
        begin = max(start, self._clock.now())
        if end <= begin:
            raise Invalid(N_("this time is over, or ends before it begins"), field=field)
        if end - begin > LONGEST:
            raise Invalid(N_("a swap is about a year at most"), field=field)
        found = [
            (taker, each) for each in self._oncall.shifts(swap.schedule, begin, end) if each.person == giver
        ]
        if not found:
            raise Invalid(
                sentence(
                    N_("{giver} is not on call for {schedule} in this time"),
                    giver=giver,
                    schedule=swap.schedule,
                ),
                field=field,
                fix=sentence(N_("See when: tocsin oncall next {giver}."), giver=giver),
            )
        return found


def may_ask(identity: Identity, giver: str) -> None:
    """Everybody asks for themselves, an operator for others. Raises Denied."""
    require(identity, Permission.RESPOND if identity.person == giver else Permission.OPERATE)


def may_answer(identity: Identity, person: str) -> None:
    """The taker answers, the giver cancels, an operator may do both for them. Raises Denied."""
    may_ask(identity, person)


def _actor(person: str) -> str:
    return f"person:{person}"


def _write(conn: Connection, made: Swap) -> None:
    conn.execute(
        insert(conn, schedule_store.swap).values(
            id=made.id,
            schedule=made.schedule,
            giver=made.giver,
            taker=made.taker,
            starts_at=made.start,
            ends_at=made.end,
            back_starts_at=made.back_start,
            back_ends_at=made.back_end,
            note=made.note,
            state=made.state,
            asked_by=made.asked_by,
            asked_at=made.asked_at,
        )
    )


def _get(conn: Connection, id_: str, *, lock: bool = False) -> Swap:
    table = schedule_store.swap
    query = select(table).where(table.c.id == id_)
    row = conn.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(
            sentence(N_("There is no swap {id}."), id=id_), fix=N_("List them: tocsin oncall swap list.")
        )
    return Swap.from_row(row)
