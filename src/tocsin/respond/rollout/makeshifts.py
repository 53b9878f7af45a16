"""What stands only for now, and who is reminded to put it back? A clock for each, until it is put back.

A security rule that was switched off to bring a service back, or a simpler mode that keeps people served. Each has a
time by which it has to be put back. When that has run out, whoever did it is reminded, and from the second time on the
lead of the team and who is on call as well; each time as long again, and at once when the incident is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_, span, translate
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.rollout import events, perform, store, switched
from tocsin.respond.rollout.store import Makeshift
from tocsin.respond.rollout.way import Way
from tocsin.respond.rollout.yard import Yard
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.rehearsal import is_drill
from tocsin.respond.runbooks.store import Run

NAG = "makeshift.nag"
BACK = "makeshift.back"
KINDS: Mapping[str, str] = {"rule": N_("A rule is off"), "degrade": N_("Runs in a simpler mode")}
_OVER = ("incident.resolved", "incident.closed")
_LEAST = timedelta(minutes=15)
_LOOK = timedelta(seconds=1)
_MOST = 200
_SUBJECT = N_("Still to be put back: {what}")
_SINCE = N_("It has stood for {time}, because: {reason}")
_DO = N_("Put it back, or say in the incident why it has to stay: tocsin rollout back {id}")
_log = structlog.get_logger(__name__)


class Makeshifts:
    """Acts write in a transaction of their own and return it as it is afterwards."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        yard.timers.on(NAG, self._nag)
        yard.timers.on(BACK, self._returned)

    def follow(self, followers: Followers) -> None:
        """Reminds people at once when an incident is over."""
        followers.follow("makeshifts", _OVER, self._over)

    # Questions

    def get(self, conn: Connection, id_: str) -> Makeshift:
        return store.get_makeshift(conn, id_)

    def list(
        self,
        conn: Connection,
        *,
        incident: str | None = None,
        only_open: bool = False,
        limit: int = 50,
        after: str | None = None,
    ) -> list[Makeshift]:
        """The newest first."""
        return store.makeshifts(conn, incident=incident, only_open=only_open, limit=limit, after=after)

    # Acts

    def note(
        self,
        what: str,
        *,
        reason: str,
        actor: str,
        service: str = "",
        incident: str | None = None,
        within: timedelta | None = None,
    ) -> Makeshift:
        """Somebody has switched a security rule off by hand: it is to be on again `within` that time."""
        if not what.strip():
            raise Invalid("say what was switched off", field="what", fix="The name of the rule, and where.")
        if not reason.strip():
            raise Invalid("say why it was switched off", field="reason", fix="A few words for the timeline.")
        if within is not None and within < timedelta(seconds=1):
            raise Invalid(
                "it has to be put back later than now", field="within", fix="Write something like 30m."
            )

        def job(conn: Connection) -> Makeshift:
            about = self._yard.incidents.get(conn, incident).service if incident else service
            return self.begin(
                conn,
                key=new_id("by"),
                kind="rule",
                what=what.strip(),
                service=about,
                incident=incident,
                reason=reason.strip(),
                actor=actor,
                back=None,
                within=within,
            )

        noted = self._yard.store.write(job)
        self._yard.bell.ring("timeline")
        return noted

    def begin(
        self,
        conn: Connection,
        *,
        key: str,
        kind: str,
        what: str,
        service: str,
        incident: str | None,
        reason: str,
        actor: str,
        back: Way | None,
        within: timedelta | None = None,
        run: str | None = None,
    ) -> Makeshift:
        """Writes it within the caller's transaction, once for each `key`; its clock starts now."""
        yard, now = self._yard, self._yard.clock.now()
        due = now + (within or yard.settings().repair.back_within)
        new = Makeshift(
            id=new_id("mks"),
            key=key,
            kind=kind,
            what=what,
            service=service,
            incident=incident,
            reason=reason,
            by=actor,
            began_at=now,
            due_at=due,
            nagged=0,
            back=back.model_dump(mode="json", exclude_none=True) if back else None,
            run=run,
            ended_at=None,
            ended_by=None,
        )
        if store.add_makeshift(conn, new):
            yard.timers.set(conn, NAG, new.id, due)
            self._tell(conn, new, events.OFF.name, actor, due_at=due.isoformat(), reason=reason)
        return new

    def put_back(self, id_: str, actor: str, *, by_hand: bool = False) -> Makeshift:
        """Puts it back by its own way, as a run, or notes that somebody has done so `by_hand`.

        Raises Conflict where that was done already or is under way.
        """
        yard = self._yard

        def job(conn: Connection) -> None:
            current = store.get_makeshift(conn, id_, lock=True)
            if current.ended_at:
                raise Conflict(
                    "it was put back already", fix="`tocsin rollout makeshifts` shows what stands."
                )
            if by_hand or current.back is None:
                self._end(conn, current, actor)
                return
            if current.run and yard.runs.get(conn, current.run).is_open:
                raise Conflict("a run is about it just now", fix=f"tocsin run show {current.run}")
            run = perform.begin(
                yard,
                conn,
                Way.model_validate(current.back),
                service=current.service,
                incident=current.incident,
                actor=actor,
                values={"REASON": current.reason},
            )
            store.change_makeshift(conn, id_, run=run)
            yard.timers.set(conn, BACK, id_, yard.clock.now() + _LOOK, {"run": run, "actor": actor})

        yard.store.write(job)
        yard.wake()
        yard.bell.ring("timeline")
        with yard.store.read() as conn:
            return store.get_makeshift(conn, id_)

    def ended(self, conn: Connection, run: Run, step: PlannedStep) -> None:
        """Notes by itself what a step that went well has switched off or on, whatever the run is about."""
        if step.action is None or is_drill(run.mode):
            return
        values = self._values(run)
        for each in self._same(conn, run.service, step.action, step.arguments, values):
            self._end(conn, each, run.led_by)
        found = switched.off(step.action, step.arguments, values, step.on)
        if found is not None:
            self.begin(
                conn,
                key=f"{run.id}/{step.key}",
                kind="rule",
                what=found.what,
                service=run.service,
                incident=run.incident,
                reason=found.reason or run.title,
                actor=run.led_by,
                back=found.back,
                within=found.within,
            )

    # Within

    def _returned(self, due: Timer) -> None:
        """Has the run put it back? Where it has not, it stands, and its clock goes on."""
        yard = self._yard

        def job(conn: Connection) -> None:
            current = store.get_makeshift(conn, due.subject, lock=True)
            run = yard.runs.get(conn, str(due.data["run"]))
            if current.ended_at or current.run != run.id:
                return
            if run.is_open:
                yard.timers.set(conn, BACK, current.id, yard.clock.now() + _LOOK, due.data)
            elif run.state == "succeeded":
                self._end(conn, current, str(due.data["actor"]))

        yard.store.write(job)
        yard.bell.ring("timeline")

    def _end(self, conn: Connection, current: Makeshift, actor: str) -> None:
        now = self._yard.clock.now()
        store.change_makeshift(conn, current.id, ended_at=now, ended_by=actor)
        self._yard.timers.cancel(conn, NAG, current.id)
        stood = (now - current.began_at).total_seconds()
        self._tell(conn, current, events.BACK.name, actor, seconds=stood)

    def _over(self, conn: Connection, event: Event) -> None:
        now = self._yard.clock.now()
        for each in store.makeshifts(conn, incident=event.incident, only_open=True, limit=_MOST):
            self._yard.timers.set(conn, NAG, each.id, now)

    def _values(self, run: Run) -> Mapping[str, str]:
        """What fills the arguments of its actions; never a secret, since it is kept and shown."""
        declared = self._yard.service(run.service).environment
        return {**run.inputs, **{name: each for name, each in declared.items() if isinstance(each, str)}}

    def _same(
        self,
        conn: Connection,
        service: str,
        action: str,
        arguments: Mapping[str, Any],
        values: Mapping[str, str],
    ) -> Sequence[Makeshift]:
        """What this very action puts back."""
        return [
            each
            for each in store.makeshifts(conn, only_open=True, limit=_MOST)
            if each.back
            and each.service == service
            and switched.is_back(Way.model_validate(each.back), action, arguments, values)
        ]

    def _nag(self, due: Timer) -> None:
        yard = self._yard

        def job(conn: Connection) -> Sequence[Delivery]:
            current = store.get_makeshift(conn, due.subject, lock=True)
            if current.ended_at:
                return ()
            now = yard.clock.now()
            store.change_makeshift(conn, current.id, nagged=current.nagged + 1)
            pause = max(current.due_at - current.began_at, _LEAST)
            yard.timers.set(conn, NAG, current.id, now + pause)
            told = self._remind(conn, current)
            names = ", ".join(dict.fromkeys(yard.notices.called(each.person) for each in told if each.person))
            stood = (now - current.began_at).total_seconds()
            self._tell(conn, current, events.NAGGED.name, "tocsin", seconds=stood, names=names or "–")
            return told

        yard.hand(yard.store.write(job))
        yard.bell.ring("timeline")

    def _remind(self, conn: Connection, current: Makeshift) -> Sequence[Delivery]:
        """Whoever did it first; from the second time on those as well who have to know."""
        yard, now = self._yard, self._yard.clock.now()
        stood = (now - current.began_at).total_seconds()
        cause = f"{current.id}/{current.nagged + 1}"

        def wording(language: str) -> tuple[str, tuple[str, ...]]:
            lines = (
                translate(language, _SINCE, time=span(language, stood), reason=current.reason),
                translate(language, _DO, id=current.id),
            )
            return translate(language, _SUBJECT, what=current.what), lines

        catalogue = yard.services()
        team = catalogue.teams.get(yard.service(current.service).team or "")
        kind, _, name = current.by.partition(":")
        people = [name] if kind == "person" else []
        if (current.nagged or not people) and team:
            people += [team.lead] if team.lead else list(team.members)
        told = [
            written
            for person in dict.fromkeys(people)
            if (
                written := yard.notices.queue(
                    conn, person, wording, cause=cause, at=now, incident=current.incident
                )
            )
        ]
        if current.incident and (current.nagged or not told):
            subject, lines = wording("en")
            told += yard.page(conn, current.incident, subject, lines, cause, people)
        if not told:
            _log.warning("nobody can be reminded of a makeshift", makeshift=current.id)
        return told

    def _tell(self, conn: Connection, about: Makeshift, kind: str, actor: str, /, **data: object) -> None:
        if about.incident:
            now = self._yard.clock.now()
            timeline.append(
                conn, about.incident, kind, actor, now, makeshift=about.id, what=about.what, **data
            )
