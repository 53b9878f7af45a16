"""What is planned work, so that its alerts need nobody? Maintenance windows, once or again and again.

An alert that fires within a window is recorded and pages nobody; at the end of the window what still fires is judged
as if it were new. Windows are made on the page, by the API and the command line, or stand under `maintenance:` in the
configuration; those have an id like `config:backup` and are changed there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Row, or_, select, update

from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, insert
from tocsin.sense.alerts import folding_store
from tocsin.sense.alerts.folding_section import FoldingSection, PlannedWindow
from tocsin.sense.alerts.matchers import Matcher, parse_matcher
from tocsin.sense.alerts.recollection import Recollection
from tocsin.sense.alerts.recurrence import moment, occurrences, read_recurrence
from tocsin.sense.alerts.selector import as_json, checked, from_json, selector_of, storable
from tocsin.sense.alerts.silence import TOPIC, Act, acts_as_json, acts_of, check_texts, check_times

CONFIGURED = "config:"
"""The ids of windows that stand in the configuration begin with this."""
State = Literal["planned", "active", "over"]
_LONGEST = timedelta(days=31)
_AHEAD = timedelta(days=366)
_ACTS_KEPT = 50
_CUTS_KEPT = 20
_log = structlog.get_logger(__name__)


def _no_cuts() -> dict[datetime, datetime]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Planned work on some services, or on what matchers choose; with both, on what is meant by both.

    `starts_at` and `ends_at` are of its first time; `recurs` is an RRULE or empty. `over_at`: from then on it covers
    nothing any more. `cut`: times of it that somebody ended early, by their beginning.
    """

    id: str
    title: str
    services: tuple[str, ...]
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    recurs: str
    zone: str
    comment: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    over_at: datetime | None = None
    cut: dict[datetime, datetime] = field(default_factory=_no_cuts)
    acts: tuple[Act, ...] = ()

    @classmethod
    def from_row(cls, row: Row[Any]) -> Window:
        return cls(
            id=row.id,
            title=row.title,
            services=tuple(row.services),
            matchers=from_json(row.matchers),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            recurs=row.recurs,
            zone=row.zone,
            comment=row.comment,
            created_by=row.created_by,
            created_at=row.created_at,
            updated_at=row.updated_at,
            over_at=row.over_at,
            cut={
                datetime.fromisoformat(start): datetime.fromisoformat(end) for start, end in row.cut.items()
            },
            acts=acts_of(row.acts),
        )

    @property
    def configured(self) -> bool:
        """Whether it stands in the configuration, and is changed only there."""
        return self.id.startswith(CONFIGURED)

    def covers(self, labels: Mapping[str, str], service: str) -> bool:
        """Whether it is about such an alert; its times are not asked."""
        if self.services and service not in self.services:
            return False
        return selector_of(self.matchers).matches(labels)

    def between(self, start: datetime, end: datetime) -> list[Occurrence]:
        """Its times that reach into this one, as they were cut; at most a year of them."""
        found: list[Occurrence] = []
        for begins, stops in occurrences(self.recurs, self.starts_at, self.ends_at, self.zone, start, end):
            stops = min(stops, self.cut.get(begins, stops), self.over_at or stops)
            if stops > begins and stops > start:
                found.append(Occurrence(window=self, starts_at=begins, ends_at=stops))
        return found

    def now(self, at: datetime) -> Occurrence | None:
        """The time of it that is under way."""
        return next(
            (each for each in self.between(at, at + _TICK) if each.starts_at <= at < each.ends_at), None
        )

    def following(self, at: datetime) -> Occurrence | None:
        """The next time of it that begins after this moment, within a year."""
        return next((each for each in self.between(at, at + _AHEAD) if each.starts_at > at), None)

    def state(self, at: datetime) -> State:
        if self.now(at):
            return "active"
        return "planned" if self.following(at) else "over"


_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """One time of a window."""

    window: Window
    starts_at: datetime
    ends_at: datetime


class Maintenance:
    """All maintenance windows, those of the configuration among them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bell: Bell,
        current: Callable[[], FoldingSection] = FoldingSection,
        zone: Callable[[], str] = lambda: "UTC",
    ) -> None:
        self._store = store
        self._clock = clock
        self._bell = bell
        self._current = current
        self._zone = zone
        self._lock = threading.Lock()
        self._recalled = Recollection(store, clock, self._load)
        self._seen: FoldingSection | None = None
        self._configured: list[Window] = []
        self._times: dict[str, tuple[Window, list[Occurrence], datetime]] = {}

    # Questions

    def get(self, id_: str) -> Window:
        """Raises NotFound."""
        if id_.startswith(CONFIGURED):
            found = next((each for each in self._planned() if each.id == id_), None)
            if found is None:
                raise _unknown(id_)
            return found
        with self._store.read() as conn:
            return self._get(conn, id_)

    def covering(self, labels: Mapping[str, str], service: str) -> Sequence[Window]:
        """The windows under way that an alert of this service falls into; from memory, at most a second old."""
        return [each.window for each in self.under_way() if each.window.covers(labels, service)]

    def under_way(self, conn: Connection | None = None) -> Sequence[Occurrence]:
        """What is under way now. With a connection as of that transaction, and true until it ends."""
        kept = self._recalled.get(conn)
        now = self._clock.now()
        found = [self._now(each, now) for each in (*kept, *self._planned())]
        return [each for each in found if each is not None]

    def between(self, start: datetime, end: datetime) -> Sequence[Occurrence]:
        """Every time of every window that reaches into this one, in order; at most a year of them."""
        found = [each for window in self.list() for each in window.between(start, end)]
        return sorted(found, key=lambda each: (each.starts_at, each.window.id))

    def list(self) -> list[Window]:
        """Those of the configuration first, then the newest first."""
        table = folding_store.maintenance
        with self._store.read() as conn:
            rows = conn.execute(select(table).order_by(table.c.created_at.desc(), table.c.id)).all()
        return [*self._planned(), *(Window.from_row(row) for row in rows)]

    # Acts

    def put(
        self,
        *,
        title: str,
        services: Iterable[str] = (),
        matchers: Iterable[Matcher] = (),
        starts_at: datetime,
        ends_at: datetime,
        recurs: str = "",
        zone: str = "UTC",
        comment: str = "",
        created_by: str,
        id: str | None = None,  # noqa: A002 - as the record calls it
    ) -> Window:
        """Plans a window, or changes the one of that id. Raises Invalid, NotFound, Conflict for a configured one."""
        wanted = self._wanted(
            title, services, matchers, starts_at, ends_at, recurs, zone, comment, created_by
        )

        def job(conn: Connection) -> Window:
            folding_store.change(conn)
            now = self._clock.now()
            if id is None:
                made = Act(at=now, by=created_by, what="created")
                return self._write(conn, replace(wanted, acts=(made,)))
            known = self._get(conn, id, lock=True)
            changed = replace(
                wanted,
                id=known.id,
                created_by=known.created_by,
                created_at=known.created_at,
                cut=known.cut,
                acts=(*known.acts, Act(at=now, by=created_by, what="changed")),
            )
            return self._write(conn, changed)

        return self._act(id, job)

    def end(self, id_: str, by: str, *, series: bool = False) -> Window:
        """Ends the time of it that is under way; one that recurs comes again, unless the whole series ends.

        One that is still to come is called off. Raises NotFound, Conflict when there is nothing to end.
        """

        def job(conn: Connection) -> Window:
            folding_store.change(conn)
            now = self._clock.now()
            known = self._get(conn, id_, lock=True)
            present = known.now(now)
            act = Act(at=now, by=by, what="ended")
            if known.state(now) == "over":
                raise Conflict(
                    N_("this window is over already"), fix=N_("`tocsin maintenance list` shows the others.")
                )
            if known.recurs and not series:
                if present is None:
                    raise Conflict(
                        N_("this window is not under way now"),
                        fix=N_("End the whole series with --series, or wait until it begins."),
                    )
                cuts = dict(sorted({**known.cut, present.starts_at: now}.items())[-_CUTS_KEPT:])
                return self._write(conn, replace(known, cut=cuts, updated_at=now, acts=(*known.acts, act)))
            return self._write(conn, replace(known, over_at=now, updated_at=now, acts=(*known.acts, act)))

        return self._act(id_, job)

    def rebuild(self) -> None:
        """At the start, and when the configuration has changed: what its windows held is judged, and held again where
        one still covers it.
        """
        hold = folding_store.alert_hold

        def job(conn: Connection) -> None:
            folding_store.change(conn)
            conn.execute(
                update(hold)
                .where(hold.c.kind == "window", hold.c.by.startswith(CONFIGURED))
                .values(until=self._clock.now())
            )

        self._store.write(job)

    def _act(self, id_: str | None, job: Callable[[Connection], Window]) -> Window:
        if id_ is not None and id_.startswith(CONFIGURED):
            raise Conflict(
                N_("this window stands in the configuration"),
                fix=N_("Change it in tocsin.yaml, under maintenance:."),
            )
        done = self._store.write(job)
        self._recalled.renew()
        _log.info("a window was changed", window=done.id, by=done.acts[-1].by, what=done.acts[-1].what)
        self._bell.ring(TOPIC)
        self._bell.ring("alerts")
        return done

    def _wanted(
        self,
        title: str,
        services: Iterable[str],
        matchers: Iterable[Matcher],
        starts_at: datetime,
        ends_at: datetime,
        recurs: str,
        zone: str,
        comment: str,
        created_by: str,
    ) -> Window:
        now = self._clock.now()
        named, chosen = tuple(dict.fromkeys(services)), tuple(matchers)
        if chosen:
            chosen = checked(chosen)
        if not named and not chosen:
            raise Invalid(
                N_("a window is about services or matchers"), field="services", fix=N_("Name one at least.")
            )
        if not named and selector_of(chosen).everything:
            raise Invalid(
                N_("this window would be about every alert"),
                field="matchers",
                fix=N_("Name services or labels."),
            )
        check_texts(title=title, comment=comment, created_by=created_by, zone=zone)
        check_texts(**{f"services.{index}": each for index, each in enumerate(named)})
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise Invalid(
                sentence(N_("there is no time zone {zone}"), zone=repr(zone[:100])),
                field="zone",
                fix=N_("Write it like Asia/Taipei."),
            ) from None
        check_times(starts_at, ends_at, now if not recurs else min(now, ends_at - _TICK))
        if ends_at - starts_at > _LONGEST:
            raise Invalid(N_("a window lasts a month at most"), field="ends_at", fix=N_("End it sooner."))
        read_recurrence(recurs, starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        window = Window(
            id=new_id("mnt"),
            title=" ".join(title.split()) or ", ".join(named) or "Maintenance",
            services=named,
            matchers=chosen,
            starts_at=starts_at,
            ends_at=ends_at,
            recurs=recurs.strip(),
            zone=zone,
            comment=comment,
            created_by=created_by,
            created_at=now,
            updated_at=now,
        )
        if window.state(now) == "over":
            raise Invalid(
                N_("this window never comes again"),
                field="recurs",
                fix=N_("Choose a later end, or another rule."),
            )
        return window

    def _write(self, conn: Connection, window: Window) -> Window:
        values = {
            "title": window.title,
            "services": list[str](window.services),
            "matchers": as_json(window.matchers),
            "starts_at": window.starts_at,
            "ends_at": window.ends_at,
            "recurs": window.recurs,
            "zone": window.zone,
            "comment": window.comment,
            "created_by": window.created_by,
            "created_at": window.created_at,
            "updated_at": window.updated_at,
            "over_at": window.over_at,
            "cut": {start.isoformat(): end.isoformat() for start, end in window.cut.items()},
            "acts": acts_as_json(window.acts[-_ACTS_KEPT:]),
        }
        statement = insert(conn, folding_store.maintenance).values(id=window.id, **values)
        conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
        # Whatever it holds is looked at again: its end may have come nearer, or it may be about other alerts now.
        hold = folding_store.alert_hold
        conn.execute(
            update(hold)
            .where(hold.c.kind == "window", hold.c.by == window.id)
            .values(until=self._clock.now())
        )
        return window

    # Memory

    def _get(self, conn: Connection, id_: str, *, lock: bool = False) -> Window:
        table = folding_store.maintenance
        query = select(table).where(table.c.id == (id_ if storable(id_) else ""))
        row = conn.execute(query.with_for_update() if lock else query).first()
        if row is None:
            raise _unknown(id_)
        return Window.from_row(row)

    def _now(self, window: Window, at: datetime) -> Occurrence | None:
        """As `Window.now`, without walking its rule for every alert: its times of two days are remembered."""
        with self._lock:
            known = self._times.get(window.id)
        if known is None or known[0] is not window or not known[2] - 2 * _DAY <= at < known[2]:
            known = (window, window.between(at - _DAY, at + 2 * _DAY), at + _DAY)
            with self._lock:
                self._times[window.id] = known
        return next((each for each in known[1] if each.starts_at <= at < each.ends_at), None)

    def _planned(self) -> Sequence[Window]:
        """Those of the configuration in force."""
        section = self._current()
        with self._lock:
            if section is self._seen:
                return self._configured
        found = [_configured(name, each, self._zone()) for name, each in section.maintenance.items()]
        with self._lock:
            self._seen, self._configured = section, found
        return found

    def _load(self, conn: Connection) -> Sequence[Window]:
        table = folding_store.maintenance
        now = self._clock.now()
        rows = conn.execute(
            select(table).where(
                or_(table.c.over_at.is_(None), table.c.over_at > now),
                or_(table.c.recurs != "", table.c.ends_at > now),
            )
        )
        with self._lock:
            self._times = {}
        return [Window.from_row(row) for row in rows]


_DAY = timedelta(days=1)


def _configured(name: str, planned: PlannedWindow, installation_zone: str) -> Window:
    zone = planned.zone or installation_zone
    given = planned.starts_at
    starts_at = given if given.tzinfo else moment(given, zone)
    wall = starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return Window(
        id=f"{CONFIGURED}{name}",
        title=planned.title or name,
        services=planned.services,
        matchers=tuple(parse_matcher(each) for each in planned.matchers),
        starts_at=starts_at,
        ends_at=max(moment(wall + planned.lasts, zone), starts_at + _TICK),
        recurs=planned.recurs,
        zone=zone,
        comment=planned.comment,
        created_by="tocsin.yaml",
        created_at=starts_at,
        updated_at=starts_at,
    )


def _unknown(id_: str) -> NotFound:
    return NotFound(
        sentence(N_("there is no maintenance window {id}"), id=repr(id_[:100])),
        fix=N_("`tocsin maintenance list` shows them."),
    )
