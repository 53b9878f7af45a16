"""What can be asked of repairs, and done? The one set of functions that pages, API and CLI call.

The recommendation is worked out anew each time from what is known then; what a person makes of it is on the timeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.catalogue import Service
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.conditions import ALERT, compile_condition
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.timeline import Followers
from tocsin.respond.incidents import Incident
from tocsin.respond.rollout import events, perform, store
from tocsin.respond.rollout.decide import Advice, Situation, decide
from tocsin.respond.rollout.makeshifts import Makeshifts
from tocsin.respond.rollout.placed import Placed, Standing
from tocsin.respond.rollout.rollbacks import Rollbacks
from tocsin.respond.rollout.section import DegradeOption, options_of, repair_of
from tocsin.respond.rollout.store import Cause, Makeshift
from tocsin.respond.rollout.yard import Yard
from tocsin.respond.runbooks.follow import Declared
from tocsin.respond.runbooks.store import Run
from tocsin.sense.changes import ChangeRecord
from tocsin.sense.measures import store as measures
from tocsin.sense.severity.facts import facts_of

_MOST_ALERTS = 20
_MEASURED = 20
_SOON_AFTER = timedelta(minutes=5)
_LABELS = ("cause", "root_cause")
_DEPLOYED = ("deploy", "release")
_CONFIGURED = ("config", "configuration", "flag")
_SAID = N_("somebody said so")
_OF_ALERT = N_("its alert says so")
_OF_CHANGE = timeline.reason(N_("shortly before it began: {title}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Possible:
    """A degrade option as it stands now. `holds`: None where its condition could not be measured."""

    option: DegradeOption
    holds: bool | None
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Advised:
    """The recommendation, and what it rests on: the `cause` that is taken for true, and why it is."""

    service: str
    incident: str | None
    advice: Advice
    cause: str
    cause_why: str
    standing: Standing
    options: tuple[Possible, ...]


class Repairs:
    """`rollbacks`, `makeshifts` and `placed` are its parts, each with acts and questions of its own."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self.placed = Placed(yard)
        self.rollbacks = Rollbacks(yard, self.placed)
        self.makeshifts = Makeshifts(yard)

    def follow(self, followers: Followers) -> None:
        self.makeshifts.follow(followers)

    # Questions

    @property
    def causes(self) -> tuple[str, ...]:
        """Every cause that can be named."""
        return self._yard.settings().repair.causes

    def ways(self, service: str) -> frozenset[str]:
        """The strategies that Tocsin can carry out for a service."""
        return repair_of(self._yard.service(service)).ways

    def advise(
        self, conn: Connection, *, incident: str | None = None, service: str = "", cause: str = ""
    ) -> Advised:
        """How to bring a service back. `cause` takes the place of what is known of it. Raises NotFound, Invalid."""
        yard = self._yard
        known = yard.incidents.get(conn, incident) if incident else None
        name = known.service if known else service
        if known is None and name not in yard.services().services:
            raise NotFound(
                f"there is no service {name}", field="service", fix="Look under services: in tocsin.yaml."
            )
        if cause:
            self._is_cause(cause)
        about = yard.service(name)
        standing = self.placed.of(conn, name)
        options = self._options(conn, known, name, about)
        told, why = (cause, _SAID) if cause else self._cause(conn, known, name) if known else ("", "")
        settings = yard.settings().repair
        situation = Situation(
            urgent=known is not None and self._is_urgent(known),
            cause=told,
            deployed=standing.deployed,
            window=settings.window,
            target=standing.target.version if standing.target else "",
            no_target=standing.no_target,
            at_risk=standing.at_risk,
            options=tuple(each.option.label for each in options if each.holds),
            ways=repair_of(about).ways | ({"degrade"} if about.degrade else set[str]()),
            measured=self._measured(conn, name),
        )
        return Advised(
            service=name,
            incident=incident,
            advice=decide(situation, settings.table),
            cause=told,
            cause_why=why,
            standing=standing,
            options=options,
        )

    # Acts

    def say_cause(self, incident: str, cause: str, actor: str, why: str = "") -> Cause:
        """Somebody knows the cause, or thinks so. Raises Invalid for a word that the table does not know."""
        self._is_cause(cause)
        yard = self._yard

        def job(conn: Connection) -> Cause:
            known = yard.incidents.get(conn, incident)
            new = Cause(incident=known.id, cause=cause, by=actor, at=yard.clock.now(), why=why.strip())
            store.put_cause(conn, new)
            timeline.append(conn, known.id, events.CAUSE.name, actor, new.at, cause=cause, why=new.why)
            return new

        said = yard.store.write(job)
        yard.bell.ring("timeline")
        return said

    def carry_out(
        self, strategy: str, *, actor: str, reason: str = "", incident: str | None = None, service: str = ""
    ) -> Run:
        """Restarts or scales by the service's own way, as a run. A roll back has a door of its own: `rollbacks`."""
        yard = self._yard

        def job(conn: Connection) -> str:
            name = yard.incidents.get(conn, incident).service if incident else service
            way = repair_of(yard.service(name)).way(strategy) if strategy != "rollback" else None
            if way is None:
                raise Invalid(
                    f"Tocsin does not know how to {strategy} {name}",
                    field="strategy",
                    fix=f"Give it `repair: {{{strategy}: …}}` in the configuration, or do it by hand.",
                )
            if incident:
                self.chose(conn, incident, strategy, actor, reason)
            return perform.begin(
                yard, conn, way, service=name, incident=incident, actor=actor, values={"REASON": reason}
            )

        return self._started(yard.store.write(job))

    def degrade(
        self, option: str, *, reason: str, actor: str, incident: str | None = None, service: str = ""
    ) -> tuple[Run, Makeshift]:
        """Takes a degrade option: the run that does it, and the clock until it is taken back."""
        if not reason.strip():
            raise Invalid("say why", field="reason", fix="A few words for the timeline.")
        yard = self._yard

        def job(conn: Connection) -> tuple[str, Makeshift]:
            name = yard.incidents.get(conn, incident).service if incident else service
            found = next((each for each in options_of(yard.service(name)) if each.name == option), None)
            if found is None:
                known = ", ".join(each.name for each in options_of(yard.service(name))) or "none"
                raise NotFound(
                    f"{name} has no degrade option {option}", field="option", fix=f"It has {known}."
                )
            if incident:
                self.chose(conn, incident, "degrade", actor, reason)
            run = perform.begin(
                yard, conn, found, service=name, incident=incident, actor=actor, values={"REASON": reason}
            )
            stands = self.makeshifts.begin(
                conn,
                key=run,
                kind="degrade",
                what=f"{name}: {found.label}",
                service=name,
                incident=incident,
                reason=reason.strip(),
                actor=actor,
                back=found.back,
            )
            return run, stands

        run, stands = yard.store.write(job)
        return self._started(run), stands

    def chose(self, conn: Connection, incident: str, strategy: str, actor: str, reason: str) -> None:
        """Notes on the timeline what somebody chose, beside what was advised at that moment."""
        advised = self.advise(conn, incident=incident).advice.chosen.name
        timeline.append(
            conn,
            incident,
            events.CHOSEN.name,
            actor,
            self._yard.clock.now(),
            strategy=strategy,
            advised=advised,
            why=reason.strip(),
        )

    # Within

    def _started(self, run: str) -> Run:
        self._yard.wake()
        self._yard.bell.ring("timeline")
        with self._yard.store.read() as conn:
            return self._yard.runs.get(conn, run)

    def _is_cause(self, cause: str) -> None:
        if cause not in self.causes:
            raise Invalid(
                f"the table knows no cause {cause}", field="cause", fix=f"One of {', '.join(self.causes)}."
            )

    def _is_urgent(self, incident: Incident) -> bool:
        """Is it of a level that its policy calls critical, P0 where nobody said otherwise?"""
        level = self._yard.policies().policy(incident.policy).levels.get(incident.severity)
        return level is not None and level.urgency == "critical"

    def _cause(self, conn: Connection, incident: Incident, service: str) -> tuple[str, str]:
        """What a person said; else what an alert says; else what was changed shortly before it began."""
        said = store.cause_of(conn, incident.id)
        if said is not None:
            return said.cause, said.why or _SAID
        for each in self._yard.incidents.alerts(conn, incident.id)[:_MOST_ALERTS]:
            for label in _LABELS:
                word = {**each.annotations, **each.labels}.get(label, "").strip().lower()
                if word in self.causes:
                    return word, _OF_ALERT
        begin = incident.started_at - self._yard.settings().repair.window
        changes = self._yard.changes.around(conn, begin, incident.started_at + _SOON_AFTER, service, [])
        mine = [each for each in changes if each.service == service and each.state != "cancelled"]
        for cause, kinds in (("deployment", _DEPLOYED), ("configuration", _CONFIGURED)):
            found = _first(mine, kinds, incident.started_at)
            if found:
                return cause, _OF_CHANGE(title=found.title)
        return "", ""

    def _options(
        self, conn: Connection, incident: Incident | None, name: str, service: Service
    ) -> tuple[Possible, ...]:
        """Its degrade options, those that may be taken now in front, and of these the best first."""
        facts = self._facts(conn, incident, name, service)
        found = [self._possible(each, facts) for each in options_of(service)]
        return tuple(sorted(found, key=lambda each: not each.holds))

    def _possible(self, option: DegradeOption, facts: Sequence[Mapping[str, object]]) -> Possible:
        if not option.when:
            return Possible(option=option, holds=True)
        verdicts = [compile_condition(option.when, ALERT).evaluate(each) for each in facts]
        if any(each.true for each in verdicts):
            return Possible(option=option, holds=True)
        unmeasured = [name for each in verdicts for name in each.unmeasured]
        if unmeasured or not verdicts:
            return Possible(option=option, holds=None, why=", ".join(dict.fromkeys(unmeasured)))
        return Possible(option=option, holds=False)

    def _facts(
        self, conn: Connection, incident: Incident | None, name: str, service: Service
    ) -> list[Mapping[str, object]]:
        """What the conditions may speak of: each alert of the incident, or the incident itself where it has none."""
        now = self._yard.clock.now()
        measured = measures.fresh(conn, name, now)
        alerts = self._yard.incidents.alerts(conn, incident.id)[:_MOST_ALERTS] if incident else ()
        if alerts:
            return [facts_of(each, name, service, measured).values() for each in alerts]
        title, at = (incident.title, incident.started_at) if incident else ("", now)
        return [facts_of(Declared(name=title, starts_at=at), name, service, measured).values()]

    def _measured(self, conn: Connection, service: str) -> dict[str, tuple[float, int]]:
        """How long roll backs of this service took that helped, as a median of seconds."""
        took = [
            (each.ended_at - each.started_at).total_seconds()
            for each in store.rollbacks(conn, service=service, limit=_MEASURED)
            if each.state == "done" and each.ended_at
        ]
        return {"rollback": (median(took), len(took))} if took else {}


def _first(changes: Sequence[ChangeRecord], kinds: Sequence[str], began: datetime) -> ChangeRecord | None:
    """The newest change of these kinds that was under way or done when it began."""
    return next((each for each in changes if each.kind in kinds and each.started_at <= began), None)
