"""Who asked for quiet, about what, and until when? Silences, as Alertmanager has them.

A silence hides nothing from the record: an alert that it matches stands in the list with it, opens no incident and
pages nobody. When it ends and the alert still fires, the alert is judged as if it were new. What hides much (all
alerts, many, or those of several services) has to be confirmed and lasts a day at most.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import structlog
from sqlalchemy import Connection, Row, select, update

from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.duration import format_duration
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.store import Store, insert
from tocsin.sense.alerts import folding_store
from tocsin.sense.alerts.folding_section import FoldingSection
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.recollection import Recollection
from tocsin.sense.alerts.selector import Choice, as_json, checked, from_json, selector_of, storable, written
from tocsin.sense.alerts.store import alert as alert_table

TOPIC = "folding"
"""Rings when a silence or a maintenance window was changed."""
WARNING = "silence.warn"
"""The kind of the timer that tells its author that a silence ends soon."""
State = Literal["pending", "active", "expired"]
_LONGEST = timedelta(days=3_650)
_KEPT = timedelta(days=30)
_ACTS_KEPT = 50
# Labels that say where or how bad, not what: alone they choose nothing.
_VAGUE = frozenset(
    {
        "severity",
        "level",
        "priority",
        "env",
        "environment",
        "stage",
        "cluster",
        "region",
        "zone",
        "datacenter",
    }
    | {"tenant", "namespace", "team", "monitor", "prometheus", "replica", "source"}
)
_NOBODYS = "⁇"
_log = structlog.get_logger(__name__)


class Alarms(Protocol):
    """The part of the engine's timers that a silence uses."""

    def set(
        self,
        conn: Connection,
        kind: str,
        subject: str,
        due_at: datetime,
        data: dict[str, object] | None = None,
    ) -> None: ...
    def cancel(self, conn: Connection, kind: str, subject: str) -> None: ...


def _no_texts() -> dict[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """Who made, changed or ended it, and when."""

    at: datetime
    by: str
    what: str  # created | changed | ended


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """Quiet about the alerts that all matchers hold for. `acts` tell who did what to it, oldest first."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    created_at: datetime
    updated_at: datetime
    annotations: dict[str, str] = field(default_factory=_no_texts)
    acts: tuple[Act, ...] = ()

    @classmethod
    def from_row(cls, row: Row[Any]) -> Silence:
        return cls(
            id=row.id,
            matchers=from_json(row.matchers),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            created_by=row.created_by,
            comment=row.comment,
            created_at=row.created_at,
            updated_at=row.updated_at,
            annotations=row.annotations,
            acts=acts_of(row.acts),
        )

    def state(self, now: datetime) -> State:
        if self.ends_at <= now:
            return "expired"
        return "pending" if now < self.starts_at else "active"

    def hides(self, labels: Mapping[str, str]) -> bool:
        """Whether it is about an alert with these labels; its times are not asked."""
        return selector_of(self.matchers).matches(labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What matchers would hide now: how many alerts that fire, of which services; `why` they are broad, if they are."""

    alerts: int
    services: tuple[str, ...]
    why: str


def needed(reach: Reach) -> Permission:
    """What somebody must be allowed who asks for this much quiet."""
    return Permission.OPERATE if reach.why else Permission.RESPOND


class Silences:
    """All silences. They are kept in memory as well, for the page and for triage; the store is the truth."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bell: Bell,
        current: Callable[[], FoldingSection] = FoldingSection,
        alarms: Alarms | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._bell = bell
        self._current = current
        self._alarms = alarms
        self._recalled = Recollection(store, clock, self._load)

    # Questions

    def get(self, id_: str) -> Silence:
        """Raises NotFound."""
        with self._store.read() as conn:
            return self._get(conn, id_)

    def list(self, state: State | None = None) -> list[Silence]:
        """The last to end first. Expired ones are kept for 30 days."""
        now = self._clock.now()
        query = select(folding_store.silence).order_by(
            folding_store.silence.c.ends_at.desc(), folding_store.silence.c.id
        )
        if state == "expired":
            query = query.where(folding_store.silence.c.ends_at <= now)
        elif state is not None:
            query = query.where(folding_store.silence.c.ends_at > now)
        with self._store.read() as conn:
            found = [Silence.from_row(row) for row in conn.execute(query)]
        return [each for each in found if state is None or each.state(now) == state]

    def hiding(self, labels: Mapping[str, str]) -> list[Silence]:
        """The silences that hide an alert with these labels now; from memory, at most a second old."""
        choice = self.choice()
        now = self._clock.now()
        return [each for each in choice.of(labels) if each.state(now) == "active"]

    def choice(self, conn: Connection | None = None) -> Choice[Silence]:
        """What may hide an alert: pending and active silences, to be asked for many alerts.

        With a connection it is as of that transaction, and stays true until it ends.
        """
        return self._recalled.get(conn)[1]

    def living(self) -> list[Silence]:
        """Those that have not ended, the first to end first; from memory."""
        now = self._clock.now()
        return [each for each in self._recalled.get()[0] if each.ends_at > now]

    def reach(self, matchers: Iterable[Matcher]) -> Reach:
        """What these matchers would hide now. Raises Invalid."""
        selector = selector_of(checked(matchers))
        with self._store.read() as conn:
            rows = conn.execute(
                select(alert_table.c.labels, alert_table.c.service).where(alert_table.c.state == "firing")
            )
            services = [row.service for row in rows if selector.matches(row.labels)]
        several = tuple(sorted(set(services)))
        return Reach(
            alerts=len(services),
            services=several,
            why=_broad(selector.matchers, len(services), several, self._current().silences.broad),
        )

    # Acts

    def put(
        self,
        *,
        matchers: Iterable[Matcher],
        starts_at: datetime,
        ends_at: datetime,
        created_by: str,
        comment: str,
        id: str | None = None,  # noqa: A002 - as Alertmanager calls it
        confirmed: bool = False,
        annotations: Mapping[str, str] | None = None,
        by: str = "",
    ) -> Silence:
        """Makes a silence, or changes the one of that id, which keeps it while its matchers stay; else that one ends
        and a new one begins. `by` is who is signed in, `created_by` the author as given.

        Raises Invalid, NotFound for an unknown id, Conflict when it is broad and not confirmed.
        """
        wanted = self._wanted(
            matchers, starts_at, ends_at, created_by, comment, annotations or {}, confirmed=confirmed
        )
        who = by or created_by

        def job(conn: Connection) -> Silence:
            folding_store.change(conn)
            now = self._clock.now()
            table = folding_store.silence
            conn.execute(table.delete().where(table.c.ends_at < now - _KEPT))
            if id is not None:
                known = self._get(conn, id, lock=True)
                if changed := _changed(known, wanted, now, who):
                    return self._write(conn, changed)
                if known.state(now) != "expired":
                    self._end(conn, known, who, now)
            made = Act(at=now, by=who, what="created")
            begins = max(wanted.starts_at, now)
            return self._write(
                conn, replace(wanted, starts_at=begins, created_at=now, updated_at=now, acts=(made,))
            )

        return self._act(job)

    def expire(self, id_: str, by: str) -> Silence:
        """Ends it now. Raises NotFound, Conflict when it is over already."""

        def job(conn: Connection) -> Silence:
            folding_store.change(conn)
            now = self._clock.now()
            known = self._get(conn, id_, lock=True)
            if known.state(now) == "expired":
                raise Conflict(
                    sentence(N_("the silence {id} is over already"), id=id_),
                    fix=N_("`tocsin silence list` shows those that are not."),
                )
            return self._end(conn, known, by, now)

        return self._act(job)

    def _act(self, job: Callable[[Connection], Silence]) -> Silence:
        done = self._store.write(job)
        self._recalled.renew()
        _log.info("a silence was changed", silence=done.id, by=done.acts[-1].by, what=done.acts[-1].what)
        self._bell.ring(TOPIC)
        self._bell.ring("alerts")
        return done

    def _wanted(
        self,
        matchers: Iterable[Matcher],
        starts_at: datetime,
        ends_at: datetime,
        created_by: str,
        comment: str,
        annotations: Mapping[str, str],
        *,
        confirmed: bool,
    ) -> Silence:
        now = self._clock.now()
        chosen = checked(matchers)
        check_times(starts_at, ends_at, now)
        check_texts(created_by=created_by, comment=comment)
        check_texts(**{f"annotations.{name}": text for name, text in annotations.items()})
        reach = self.reach(chosen)
        if reach.why and not confirmed:
            raise Conflict(
                sentence(N_("this silence is broad: {why}"), why=reach.why),
                field="matchers",
                fix=N_("Name what is meant more closely, or confirm it."),
            )
        longest = self._current().silences.longest_broad
        if reach.why and ends_at - max(starts_at, now) > longest + timedelta(seconds=1):
            raise Invalid(
                sentence(
                    N_("a broad silence lasts {time} at most: {why}"),
                    time=format_duration(longest),
                    why=reach.why,
                ),
                field="ends_at",
                fix=N_("End it sooner, or name what is meant more closely."),
            )
        return Silence(
            id=str(uuid.uuid4()),
            matchers=chosen,
            starts_at=starts_at,
            ends_at=ends_at,
            created_by=created_by,
            comment=comment,
            created_at=now,
            updated_at=now,
            annotations=dict(annotations),
        )

    def _end(self, conn: Connection, known: Silence, by: str, now: datetime) -> Silence:
        ended = replace(
            known,
            starts_at=min(known.starts_at, now),
            ends_at=now,
            updated_at=now,
            acts=(*known.acts, Act(at=now, by=by, what="ended")),
        )
        return self._write(conn, ended)

    def _write(self, conn: Connection, silence: Silence) -> Silence:
        acts = silence.acts[-_ACTS_KEPT:]
        values = {
            "matchers": as_json(silence.matchers),
            "starts_at": silence.starts_at,
            "ends_at": silence.ends_at,
            "created_by": silence.created_by,
            "comment": silence.comment,
            "annotations": silence.annotations,
            "created_at": silence.created_at,
            "updated_at": silence.updated_at,
            "acts": acts_as_json(acts),
        }
        statement = insert(conn, folding_store.silence).values(id=silence.id, **values)
        conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
        hold = folding_store.alert_hold
        conn.execute(
            update(hold)
            .where(hold.c.kind == "silence", hold.c.by == silence.id)
            .values(until=silence.ends_at)
        )
        self._set_alarm(conn, silence)
        return silence

    def _set_alarm(self, conn: Connection, silence: Silence) -> None:
        if self._alarms is None:
            return
        warn_at = silence.ends_at - self._current().silences.warn
        if max(silence.starts_at, self._clock.now()) < warn_at:
            self._alarms.set(conn, WARNING, silence.id, warn_at, {"ends_at": silence.ends_at.isoformat()})
        else:
            self._alarms.cancel(conn, WARNING, silence.id)

    # Memory

    def _get(self, conn: Connection, id_: str, *, lock: bool = False) -> Silence:
        query = select(folding_store.silence).where(
            folding_store.silence.c.id == (id_ if storable(id_) else "")
        )
        row = conn.execute(query.with_for_update() if lock else query).first()
        if row is None:
            raise NotFound(
                sentence(N_("there is no silence {id}"), id=repr(id_[:100])),
                fix=N_("`tocsin silence list` shows them."),
            )
        return Silence.from_row(row)

    def _load(self, conn: Connection) -> tuple[list[Silence], Choice[Silence]]:
        """Those that have not ended, the first to end first, and the same to be asked about alerts."""
        table = folding_store.silence
        query = select(table).where(table.c.ends_at > self._clock.now()).order_by(table.c.ends_at, table.c.id)
        living = [Silence.from_row(row) for row in conn.execute(query)]
        return living, Choice([(each.matchers, each) for each in living])


def _changed(known: Silence, wanted: Silence, now: datetime, by: str) -> Silence | None:
    """The known silence with the times and words wanted; None when it has to be another one."""
    state = known.state(now)
    if state == "expired" or set(known.matchers) != set(wanted.matchers):
        return None
    if state == "active" and wanted.starts_at > now:
        return None
    return replace(
        known,
        starts_at=known.starts_at if state == "active" else max(wanted.starts_at, now),
        ends_at=wanted.ends_at,
        created_by=wanted.created_by,
        comment=wanted.comment,
        annotations=wanted.annotations,
        updated_at=now,
        acts=(*known.acts, Act(at=now, by=by, what="changed")),
    )


def _takes_anything(matcher: Matcher) -> bool:
    """Whether it holds without its label, or for a value that nobody has, as `alertname=~".+"` does."""
    one = selector_of((matcher,))
    return one.everything or one.matches({matcher.name: _NOBODYS})


def _broad(matchers: tuple[Matcher, ...], alerts: int, services: tuple[str, ...], most: int) -> str:
    """Why these matchers hide more than one thing; empty if they do not."""
    asked = [each for each in matchers if not _takes_anything(each)]
    if not asked:
        return "it is about every alert"
    if all(each.name in _VAGUE for each in asked):
        return f"it names no alert, host or service, only {', '.join(written(each) for each in asked)}"
    if alerts > most:
        return f"it hides {alerts} alerts that fire"
    if len(services) > 1:
        return f"it hides alerts of {len(services)} services: {', '.join(services[:5])}"
    return ""


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises Invalid for an end that is over, before the beginning, or beyond ten years."""
    if starts_at.tzinfo is None or ends_at.tzinfo is None or min(starts_at.year, ends_at.year) < 2000:
        raise Invalid(
            N_("a time of this century with its zone is needed"),
            field="starts_at",
            fix=N_("Write it like 2026-11-21T10:30:00Z."),
        )
    if ends_at <= starts_at:
        raise Invalid(N_("it ends before it begins"), field="ends_at", fix=N_("Give a later end."))
    if ends_at <= now:
        raise Invalid(
            N_("its end is over already"), field="ends_at", fix=N_("Give an end that is still to come.")
        )
    if ends_at > now + _LONGEST:
        raise Invalid(N_("it ends in more than ten years"), field="ends_at", fix=N_("Give an earlier end."))


def check_texts(**texts: str) -> None:
    """Raises Invalid for what is too long or cannot be kept, by the name of its field."""
    for name, text in texts.items():
        if len(text) > 10_000 or not storable(text) or not storable(name):
            raise Invalid(
                N_("this text is longer than 10000 characters, or holds NUL or half a character"), field=name
            )


def acts_as_json(acts: Iterable[Act]) -> list[dict[str, str]]:
    """As rows keep them."""
    return [{"at": each.at.isoformat(), "by": each.by, "what": each.what} for each in acts]


def acts_of(kept: Iterable[Mapping[str, str]]) -> tuple[Act, ...]:
    """What `acts_as_json` wrote."""
    return tuple(
        Act(at=datetime.fromisoformat(each["at"]), by=each["by"], what=each["what"]) for each in kept
    )
