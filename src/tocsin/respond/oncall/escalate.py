"""Who is told, who is told next, and what if nobody answers?

`open` writes everything in the transaction that opens the incident: the escalation, the pages of the first
step (claimed, so that the caller can hand them to the sender right after the commit), and a row for each
later step with the time when it is due. Who a later step means is looked up when it is due, since a shift may
end in between.

A step without anybody is skipped at once. A page that fails by every channel of its person brings the next
step forward, and so does a person who says that they cannot take it. When no step is left and nobody was reached,
everybody with an address is paged: no incident is silent. Acknowledging stops it all in one update.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import Deliveries, Delivery, Person
from tocsin.act.notify import store as pages
from tocsin.ground import timeline
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store
from tocsin.respond.oncall import events, followers, routes, store, wording
from tocsin.respond.oncall.oncall import Oncall
from tocsin.respond.oncall.rules import ContactRules
from tocsin.respond.oncall.section import ESCALATE_TO_EVERYBODY, EVERYBODY, Escalation, Rota
from tocsin.respond.oncall.steps import ROOM, Steps, Written
from tocsin.respond.oncall.store import Climb
from tocsin.respond.oncall.targets import Targets

if TYPE_CHECKING:  # the engine takes a second to import, and `tocsin config check` needs none
    from tocsin.ground.engine import Timer

DEFAULT = "default"
"""The escalation of services that name none; when none has this name, everybody is paged."""
_END = "escalation.end"
_LATE = timedelta(seconds=1)
_SOON = timedelta(minutes=5)
_log = structlog.get_logger(__name__)


class Alarms(Protocol):
    """The part of the engine's timers that escalations use."""

    def on(self, kind: str, handler: Callable[[Timer], None], *, urgent: bool = False) -> None: ...
    def set(
        self,
        conn: Connection,
        kind: str,
        subject: str,
        due_at: datetime,
        data: dict[str, object] | None = None,
    ) -> None: ...
    def cancel(self, conn: Connection, kind: str, subject: str) -> None: ...


class Escalations:
    """All escalations of this installation."""

    def __init__(
        self,
        store_: Store,
        clock: Clock,
        current: Callable[[], Rota],
        *,
        oncall: Oncall,
        deliveries: Deliveries,
        timers: Alarms,
    ) -> None:
        self._store = store_
        self._clock = clock
        self._current = current
        self._oncall = oncall
        self._deliveries = deliveries
        self._timers = timers
        self._targets = Targets(current, oncall)
        self.rules = ContactRules(store_, clock, current)
        """How each person wants to be paged."""
        self._steps = Steps(current, targets=self._targets, deliveries=deliveries, rules=self.rules)
        deliveries.on_step(self._due)
        deliveries.on_unreachable(self._unreached)
        timers.on(_END, self._end, urgent=True)

    def open(
        self,
        conn: Connection,
        *,
        incident: str,
        title: str,
        service: str,
        severity: str,
        policy: str | None,
        at: datetime,
        channels: Sequence[str] = (),
        climbs: bool = True,
        urgency: str = "critical",
        mentions: Sequence[str] = (),
        from_step: int = 1,
    ) -> list[Delivery]:
        """Writes every page of the policy within the caller's transaction.

        Returns those of the first step, claimed: give them to `Deliveries.hand` after the commit. `channels`,
        `urgency` and `mentions` are those of the severity; no channels means each person's own order. `policy` may be
        None or unknown: then `default`, then everybody. One that does not climb pages its first step, once. With
        `from_step` the steps before it are left out of the first round, if it has so many.
        """
        name, spec = self._policy(policy)
        zone = ZoneInfo(self._current().time_zone)
        route, ladder = routes.choose(spec, severity=severity, at=at, zone=zone)
        ladder = ladder if climbs else ladder[:1]
        first = from_step if from_step <= len(ladder) else 1
        begin = at - ladder[first - 1].after if first > 1 else at
        hold = spec.acknowledge_for
        climb = Climb(
            id=new_id("esc"),
            incident=incident,
            policy=name,
            title=title,
            service=service,
            severity=severity,
            since=at,
            channels=list(channels),
            targets=[list(step.page) for step in ladder],
            rounds=spec.repeat + 1 if climbs else 1,
            state="open",
            opened_at=at,
            ended_at=None,
            urgency=urgency,
            mentions=list(mentions),
            acknowledge_s=round(hold.total_seconds()) if hold is not None else None,
        )
        store.add(conn, climb)
        self._tell(conn, climb, events.STARTED, at, policy=spec.title or name, steps=climb.steps)
        if route is not None and route.title:
            self._tell(conn, climb, events.ROUTED, at, policy=spec.title or name, route=route.title)
        length = spec.round(ladder)
        for round_ in range(1, climb.rounds + 1):
            for number, step in enumerate(ladder, 1):
                if round_ == 1 and number < first:
                    continue
                due_at = begin + (round_ - 1) * length + step.after
                if due_at > at:
                    self._deliveries.queue_step(
                        conn,
                        cause=climb.id,
                        incident=incident,
                        target=", ".join(step.page),
                        round_=round_,
                        step=number,
                        steps=climb.steps,
                        due_at=due_at,
                    )
        self._timers.set(conn, _END, climb.id, begin + climb.rounds * length)
        if begin + ladder[first - 1].after > at:
            return []
        return self._climb(conn, climb, 1, first, at)

    def stop(self, conn: Connection, incident: str, why: str) -> None:
        """Nobody needs to be paged any more: cancels what has not been sent, in the caller's transaction."""
        now = self._clock.now()
        self._deliveries.cancel(conn, incident, why, now)
        for id_ in store.stop(conn, incident, now):
            self._timers.cancel(conn, _END, id_)
            timeline.append(conn, incident, events.STOPPED.name, "tocsin", now, why=why)

    def tell_followers(self, conn: Connection, incident: str, state: followers.State) -> None:
        """Tickets and forwarded alerts hear that somebody has it, or that it is over."""
        climb = store.latest(conn, incident)
        if climb is not None:
            language, now = self._current().language, self._clock.now()
            followers.tell(conn, self._deliveries, climb, state, language=language, at=now)

    def acknowledge_for(self, conn: Connection, incident: str) -> timedelta | None:
        """How long an acknowledgement holds by the policy under way; None: for good."""
        climb = store.latest(conn, incident)
        if climb is None or climb.acknowledge_s is None:
            return None
        return timedelta(seconds=climb.acknowledge_s)

    def step_now(self, conn: Connection, incident: str) -> list[Delivery] | None:
        """Somebody cannot take it: the next step at once, everybody when none is left; None when nothing is under way.

        Returns pages that are claimed: give them to `Deliveries.hand` after the commit.
        """
        now = self._clock.now()
        latest = store.latest(conn, incident)
        climb = store.get(conn, latest.id) if latest is not None else None
        if climb is None or climb.state == "stopped":
            return None
        waiting = pages.steps_waiting(conn, climb.id)
        if not waiting:
            return self._everybody(conn, climb, climb.rounds, now, asked=True)
        pages.drop(conn, [waiting[0].id], "brought forward")
        return self._climb(conn, climb, waiting[0].round, waiting[0].step, now)

    def page_now(
        self,
        conn: Connection,
        *,
        incident: str,
        subject: str,
        lines: Iterable[str],
        severity: str = "",
        key: str | None = None,
        besides: Collection[str] = (),
    ) -> list[Delivery]:
        """Tells the commander, or else who is on call for the incident, or else everybody, something at once.

        Those in `besides` know it already: somebody else is told.

        Written claimed in the caller's transaction: give it to `Deliveries.hand` after the commit. A caller
        that may run twice names the occasion by `key`, and the second time nothing is written.
        """
        now, cause = self._clock.now(), key or new_id("ntc")
        text = tuple(lines)
        for people in self._in_charge(conn, incident, now):
            written: list[Delivery] = []
            found = False
            for name, person in self._named([each for each in people if each not in besides]):
                ways = self._steps.routes(person)
                if not ways:
                    continue
                found = True
                message = wording.notice(
                    incident=incident,
                    severity=severity,
                    subject=subject,
                    lines=text,
                    person=name,
                    language=self._language(person),
                )
                queued = self._deliveries.queue(
                    conn,
                    kind="notice",
                    cause=cause,
                    incident=incident,
                    person=name,
                    route=ways[0],
                    message=message,
                    at=now,
                    claimed=True,
                )
                written += [queued] if queued else []
            if found:
                return written
        _log.error("nobody can be told", incident=incident, subject=subject)
        return []

    def test_page(self, person: str, actor: str, channel: str | None = None) -> Delivery:
        """Sends somebody a page that says that all is well. Raises NotFound, or Invalid when nothing reaches
        them.
        """
        known = self._current().people.get(person)
        if known is None:
            raise NotFound(
                f"There is no person {person}.", field="person", fix="Look under people: in tocsin.yaml."
            )
        ways = [each for each in self._deliveries.routes(known) if channel is None or each.channel == channel]
        if not ways:
            raise Invalid(
                f"No channel{f' {channel}' if channel else ''} reaches {person}.",
                field="person",
                fix="Give the person an email: or a webhook:, and a channel of that kind under channels:.",
            )
        message = wording.test(person=person, actor=actor, language=self._language(known))
        now, cause = self._clock.now(), new_id("tst")
        queued = self._store.write(
            lambda conn: self._deliveries.queue(
                conn,
                kind="test",
                cause=cause,
                incident=None,
                person=person,
                route=ways[0],
                message=message,
                at=now,
                claimed=True,
            )
        )
        assert queued is not None  # its cause is new, so it cannot be there already
        self._deliveries.hand([queued])
        return queued

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────

    def _due(self, conn: Connection, step: Delivery, at: datetime) -> list[Delivery]:
        """The time of a later step has come."""
        climb = store.get(conn, step.cause)
        if climb is None or climb.state == "stopped":
            return []
        return self._climb(conn, climb, step.round, step.step, at, due_at=step.due_at)

    def _unreached(self, conn: Connection, failed: Delivery, at: datetime) -> list[Delivery]:
        """A page came to its person by no channel: unless the step has others, the next one is due.

        Where it was for a room, the people of the step are paged by themselves first.
        """
        climb = store.get(conn, failed.cause)
        if climb is None or climb.state == "stopped":
            return []
        if (failed.person or "").startswith(ROOM):
            targets = climb.targets[failed.step - 1]
            alone = self._write(conn, climb, targets, failed.round, failed.step, at, rooms=False)
            if alone.reached:
                return alone.claimed
        beside = pages.of_step(conn, climb.id, failed.round, failed.step)
        if any(each.person is not None and _reaches(each, at) for each in beside):
            return []
        return self._onward(conn, climb, failed.round, at)

    def _climb(
        self,
        conn: Connection,
        climb: Climb,
        round_: int,
        step: int,
        at: datetime,
        *,
        due_at: datetime | None = None,
    ) -> list[Delivery]:
        """Writes the pages of one step, claimed; where they reach nobody, those of the next one that does."""
        written = self._page(conn, climb, round_, step, at, due_at=due_at)
        return written.claimed if written.reached else written.claimed + self._onward(conn, climb, round_, at)

    def _onward(self, conn: Connection, climb: Climb, round_: int, at: datetime) -> list[Delivery]:
        """The next step of the round that has somebody, now. Later rounds keep their time: by then it may be
        mended.
        """
        claimed: list[Delivery] = []
        for step in pages.steps_waiting(conn, climb.id):
            if step.round != round_:
                break
            pages.drop(conn, [step.id], "brought forward")
            written = self._page(conn, climb, round_, step.step, at)
            claimed += written.claimed
            if written.reached:
                return claimed
        return claimed + self._everybody(conn, climb, round_, at)

    def _page(
        self,
        conn: Connection,
        climb: Climb,
        round_: int,
        step: int,
        at: datetime,
        *,
        due_at: datetime | None = None,
    ) -> Written:
        """Writes the pages of one step, and tells it; they say when they are late."""
        targets = climb.targets[step - 1]
        written = self._write(conn, climb, targets, round_, step, at, due_at=due_at)
        kind = events.STEP if written.reached else events.SKIPPED
        self._tell(conn, climb, kind, at, step=step, steps=climb.steps, target=", ".join(targets))
        return written

    def _everybody(
        self, conn: Connection, climb: Climb, round_: int, at: datetime, *, asked: bool = False
    ) -> list[Delivery]:
        """No step of the round is left: unless it reached somebody, or when it was `asked` for, everybody is paged."""
        so_far = [each for each in pages.of_cause(conn, climb.id) if each.round == round_]
        if not asked and any(each.kind == "page" and _reaches(each, at) for each in so_far):
            return []
        written = self._write(conn, climb, (EVERYBODY,), round_, climb.steps, at, fallback=True)
        if not written.reached:
            _log.error("nobody can be paged", incident=climb.incident, policy=climb.policy)
        self._tell(conn, climb, events.FALLBACK if written.reached else events.NOBODY, at)
        return written.claimed

    def _write(
        self,
        conn: Connection,
        climb: Climb,
        targets: Sequence[str],
        round_: int,
        step: int,
        at: datetime,
        *,
        due_at: datetime | None = None,
        fallback: bool = False,
        rooms: bool = True,
    ) -> Written:
        return self._steps.write(
            conn,
            climb,
            targets,
            round_=round_,
            step=step,
            at=at,
            due_at=due_at,
            fallback=fallback,
            rooms=rooms,
        )

    def _end(self, due: Timer) -> None:
        """Every round is over, and nobody has acknowledged.

        After a longer stop this can come before the steps that fell due meanwhile: they are paged first.
        """
        now = self._clock.now()

        def job(conn: Connection) -> None:
            climb = store.get(conn, due.subject)
            if climb is None:
                return
            if climb.state == "open" and pages.steps_waiting(conn, climb.id):
                self._timers.set(conn, _END, climb.id, now + _LATE)
            elif store.exhaust(conn, climb.id, now):
                self._tell(conn, climb, events.EXHAUSTED, now, policy=climb.policy)

        self._store.write(job)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────

    def _policy(self, name: str | None) -> tuple[str, Escalation]:
        known = self._current().escalations
        for each in (name, DEFAULT):
            if each is not None and each in known:
                return each, known[each]
        return EVERYBODY, ESCALATE_TO_EVERYBODY

    def _in_charge(self, conn: Connection, incident: str, at: datetime) -> Iterable[list[str]]:
        """Who should hear of it, best first: the commander, the steps of the escalation, everybody."""
        roles = timeline.of_incident(conn, incident, kinds=("role.assigned",))
        commanders = [str(each.data.get("person")) for each in roles if each.data.get("role") == "commander"]
        yield commanders[-1:]
        climb = store.latest(conn, incident)
        if climb is not None:
            for targets in climb.targets:
                yield list(
                    self._targets.of(conn, targets, incident=incident, service=climb.service, at=at).people
                )
        yield self._oncall.people((EVERYBODY,), at)

    def _named(self, names: Iterable[str]) -> list[tuple[str, Person]]:
        people = self._current().people
        return [(name, people[name]) for name in names if name in people]

    def _language(self, person: Person) -> str:
        return person.language or self._current().language

    def _tell(
        self, conn: Connection, climb: Climb, kind: timeline.Kind, at: datetime, **data: object
    ) -> None:
        timeline.append(conn, climb.incident, kind.name, "tocsin", at, **data)


def _reaches(page: Delivery, at: datetime) -> bool:
    """Whether its person has it, or has it soon; one that waits for the end of quiet hours helps nobody now."""
    return page.state in pages.REACHED or (page.state in pages.OPEN and page.due_at <= at + _SOON)
