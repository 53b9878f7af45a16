"""Who has reported, and who should have? Takes each ping, looks after those that are due, tells the ledger.

1. A ping changes its heartbeat and is kept, in one transaction, before it is answered. 2. Once a second a sweep looks
at those whose time has come; what they are in trouble about is a column, written before anybody is told. 3. What the
ledger does not know yet stands in the rows (`version`, `told`), so that a crash in between tells it late, not never.
While we did not run, stood still, or could not write, nobody could report: see `looked_at` for what follows from it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from tocsin.ground.accounts import Key
from tocsin.ground.catalogue import CatalogueSection, did_you_mean
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import Ledger, Sender, Signal
from tocsin.sense.heartbeats import store as rows
from tocsin.sense.heartbeats.heartbeat import (
    BY_HAND,
    CONFIGURED,
    Heartbeat,
    Ping,
    Pinged,
    configured_as,
    heard,
    in_trouble,
    left_alone,
    looked_at,
    watched_from,
)
from tocsin.sense.heartbeats.section import HeartbeatSection, HeartbeatSettings
from tocsin.sense.heartbeats.tell import signal_of

HEARTBEATS = Sender(key="heartbeats", source="heartbeat")
TOPIC = "heartbeats"
KIND = "heartbeat"
"""The kind of intake key that may ping."""
MADE_MOST = 1_000
"""Heartbeats that one key may make."""
_ID = "hb"
_SWEEP_S = 1.0
_DEAF_S = 10.0
_AT_ONCE = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What became of a ping: the heartbeat after it, and whether the ping has made it."""

    heartbeat: Heartbeat
    made: bool


class Heartbeats:
    """The jobs that have to report."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ledger: Ledger,
        bell: Bell,
        current: Current[HeartbeatSection] = HeartbeatSection,
        catalogue: Current[CatalogueSection] = CatalogueSection,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ledger = ledger
        self._bell = bell
        self._current = current
        self._catalogue = catalogue
        self._turn = threading.Lock()  # one telling at a time, so that the ledger hears things in their order
        self._seen: tuple[HeartbeatSection, CatalogueSection] | None = None
        self._swept: tuple[datetime, float] | None = None
        self._deaf_until = clock.now()
        self._deaf = False

    # What is there

    def list(self) -> Sequence[Heartbeat]:
        """Those that are watched, by name."""
        with self._store.read() as conn:
            return [each for each in rows.everything(conn) if each.watched]

    def get(self, name: str) -> Heartbeat:
        """By id, uuid or slug. Raises NotFound; Conflict where several have that slug."""
        with self._store.read() as conn:
            return _the_one(conn, name)

    def pings(self, name: str, limit: int = rows.KEPT) -> Sequence[Pinged]:
        """Its last reports, latest first."""
        with self._store.read() as conn:
            return rows.pings(conn, _the_one(conn, name).id, limit)

    # Pings

    def key_of(self, plain: str) -> Key | None:
        """The address of a heartbeat, as the key that it is: whoever knows it may speak for that job alone."""
        if not _is_uuid(plain):
            return None
        with self._store.read() as conn:
            beat = rows.by_uuid(conn, plain.lower())
        if beat is None:
            return None
        return Key(id=beat.id, kind=KIND, name=beat.slug, service=None, created_at=beat.created_at)

    def is_address(self, key: Key) -> bool:
        """Is this key the address of one heartbeat?"""
        return key.id.startswith(f"{_ID}_")

    def ping(self, address: str, ping: Ping) -> Heard:
        """Takes a report to a uuid; it is on disk when this returns. Raises NotFound."""

        def job(conn: Connection) -> Heard:
            beat = rows.by_uuid(conn, address.lower())
            if beat is None:
                raise _unknown(address)
            return Heard(heartbeat=_take(conn, beat.id, ping), made=False)

        return self._heard(job)

    def ping_slug(self, key: Key, slug: str, ping: Ping, make: HeartbeatSettings | None = None) -> Heard:
        """As `ping`, by name, with a key for it. `make`: if there is none, as this one, once.

        Raises NotFound, Conflict where several have that name, Invalid when a key has made too many.
        """

        def job(conn: Connection) -> Heard:
            found = [each for each in rows.by_slug(conn, slug, key.id) if key.service in (None, each.service)]
            if len(found) > 1:
                raise Conflict("several heartbeats have this name", field="slug", fix="Ping by uuid.")
            if found:
                return Heard(heartbeat=_take(conn, found[0].id, ping), made=False)
            if make is None:
                raise _unknown(slug)
            if rows.made_by(conn, key.id) >= MADE_MOST:
                fix = "Remove some: tocsin heartbeat rm NAME."
                raise Invalid(f"this key has made {MADE_MOST} heartbeats", field="slug", fix=fix)
            made = self._new(slug, make, owner=key.id, service=key.service)
            new = rows.add(conn, made)
            # Not new: another ping of this key has made it in this moment.
            beat = made if new else rows.owned(conn, key.id)[slug]
            return Heard(heartbeat=_take(conn, beat.id, ping), made=new)

        return self._heard(job)

    def _heard(self, job: rows.Job[Heard]) -> Heard:
        try:
            done = self._store.write(job)
        except Unavailable:
            self._deaf = True
            raise
        if done.heartbeat.version != done.heartbeat.told:
            self._bell.ring(TOPIC)
        return done

    # Changes by a person

    def add(self, slug: str, settings: HeartbeatSettings) -> Heartbeat:
        """A new one. Raises Conflict where one has that slug, Invalid for a service that does not exist."""
        if settings.service is not None and settings.service not in self._catalogue().services:
            fix = did_you_mean(settings.service, self._catalogue().services, "services")
            raise Invalid(f"there is no service {settings.service}", field="service", fix=fix)
        made = self._new(slug, settings, owner=BY_HAND)

        def job(conn: Connection) -> None:
            if rows.by_slug(conn, slug) or not rows.add(conn, made):
                fix = "Choose another name, or use that one: tocsin heartbeat show NAME."
                raise Conflict(f"there is a heartbeat {slug} already", field="slug", fix=fix)

        self._store.write(job)
        self._bell.ring(TOPIC)
        return made

    def pause(self, name: str) -> Heartbeat:
        """Not watched until it reports again, or is resumed; its alert is over."""
        return self._changed(
            name, lambda beat, now: in_trouble(replace(beat, paused=True, running={}), "", now)
        )

    def resume(self, name: str) -> Heartbeat:
        """Watched again; it is due one period from now if it has ever reported."""

        def resumed(beat: Heartbeat, now: datetime) -> Heartbeat:
            due_at = beat.schedule.next(now) if beat.last_ping else None
            return watched_from(replace(beat, paused=False, due_at=due_at)) if beat.paused else beat

        return self._changed(name, resumed)

    def remove(self, name: str) -> Heartbeat:
        """Ends its alert and forgets it. Raises Conflict for one of the configuration."""
        beat = self.get(name)
        if beat.configured:
            fix = "Take it out of `heartbeats:` in tocsin.yaml, or pause it."
            raise Conflict(f"{beat.slug} stands in the configuration", field="heartbeat", fix=fix)
        with self._turn:
            self._ledger.record([_over(beat)], HEARTBEATS)
            self._store.write(lambda conn: rows.remove(conn, beat.id))
        self._bell.ring(TOPIC)
        return beat

    def _changed(self, name: str, change: rows.Change) -> Heartbeat:
        def job(conn: Connection) -> Heartbeat:
            beat = rows.lock(conn, _the_one(conn, name).id)
            if beat is None:
                raise _unknown(name)
            after = change(beat, self._clock.now())
            rows.put(conn, after)
            return after

        after = self._store.write(job)
        self._bell.ring(TOPIC)
        return after

    def _new(
        self, slug: str, settings: HeartbeatSettings, *, owner: str, service: str | None = None
    ) -> Heartbeat:
        return Heartbeat(
            id=new_id(_ID),
            uuid=str(uuid.uuid4()),
            owner=owner,
            slug=slug,
            name=settings.name or slug,
            service=settings.service or service or "",
            schedule=settings.schedule(self._catalogue().time_zone),
            grace=settings.grace,
            max_runtime=settings.max_runtime or settings.grace,
            severity=settings.severity,
            labels=settings.labels,
            watched=True,
            paused=False,
            created_at=self._clock.now(),
            pings=0,
            last_ping=None,
            last_kind="",
            last_duration=None,
            exit_status=None,
            output="",
            running={},
            due_at=None,
            check_at=None,
            excused=0,
            trouble="",
            since=None,
            version=0,
            told=0,
        )

    # Who is missing

    def tick(self) -> None:
        """On a beat: takes up a changed configuration, looks at who is due once a second, tells the ledger."""
        self._take_up()
        now, running = self._clock.now(), self._clock.monotonic()
        if self._swept is None or not 0 <= running - self._swept[1] < _SWEEP_S:
            try:
                self._listen(now, running)
                self._sweep(now)
            except Unavailable:
                self._deaf = True
                raise
        self._tell()

    def _take_up(self) -> None:
        """Makes the rows as the configuration says. One that left it is watched no more, and keeps its address."""
        section, catalogue = self._current(), self._catalogue()
        if self._seen is not None and self._seen[0] is section and self._seen[1] is catalogue:
            return
        wanted = {slug: self._new(slug, each, owner=CONFIGURED) for slug, each in section.heartbeats.items()}
        self._store.write(lambda conn: self._configure(conn, wanted))
        self._seen = (section, catalogue)

    def _configure(self, conn: Connection, wanted: Mapping[str, Heartbeat]) -> None:
        now = self._clock.now()
        there = rows.owned(conn, CONFIGURED)
        for slug, beat in wanted.items():
            if slug not in there:
                rows.add(conn, beat)
            elif (after := configured_as(there[slug], beat, now)) != there[slug]:
                rows.put(conn, after)
        for slug, beat in there.items():
            if slug not in wanted and beat.watched:
                rows.put(conn, left_alone(beat, now))

    def _listen(self, now: datetime, running: float) -> None:
        """Notices that we have not listened for a while, or that the clock was set."""
        stood, jumped = 0.0, 0.0
        if self._swept is not None:
            stood = running - self._swept[1]
            jumped = (now - self._swept[0]).total_seconds() - stood
        if self._swept is None or self._deaf or stood > _DEAF_S or abs(jumped) > _DEAF_S:
            self._deaf_until = now
            self._deaf = False
        if self._swept is None or jumped < -_DEAF_S:
            self._store.write(lambda conn: _not_later(conn, now))
        self._swept = (now, running)

    def _sweep(self, now: datetime) -> None:
        with self._store.read() as conn:
            due = rows.due(conn, now, _AT_ONCE)
        if due:
            self._store.write(lambda conn: self._look(conn, [each.id for each in due], now))

    def _look(self, conn: Connection, ids: Sequence[str], now: datetime) -> None:
        for beat_id in ids:
            beat = rows.lock(conn, beat_id)
            if beat is not None and beat.check_at is not None and beat.check_at <= now:
                rows.put(conn, looked_at(beat, now, self._deaf_until))

    def _tell(self) -> None:
        """Brings the ledger up to date; what moved on meanwhile is told again, whoever else has told it."""
        with self._turn:
            with self._store.read() as conn:
                ids = rows.untold(conn, _AT_ONCE)
            while ids:
                with self._store.read() as conn:
                    beats = rows.get_many(conn, ids)
                if not beats:
                    return
                language, now = self._catalogue().language, self._clock.now()
                self._ledger.record([signal_of(each, now, language) for each in beats], HEARTBEATS)
                ids = self._store.write(lambda conn, told=tuple(beats): rows.mark_told(conn, told))


def _take(conn: Connection, beat_id: str, ping: Ping) -> Heartbeat:
    beat = rows.lock(conn, beat_id)
    if beat is None:
        raise _unknown(beat_id)
    ended = ping.kind == "start" and ping.rid != "" and rows.has_ended(conn, beat.id, ping.rid)
    after = heard(beat, ping, ended=ended)
    rows.put(conn, after)
    rows.remember(conn, after, ping, after.last_duration if ping.kind in ("success", "fail") else None)
    return after


def _not_later(conn: Connection, now: datetime) -> None:
    """After the clock was set back: nothing is due later than if it had been reported just now."""
    for known in rows.everything(conn):
        beat = rows.lock(conn, known.id)  # another process may hear of it meanwhile
        if beat is not None and beat.due_at is not None and beat.due_at > (latest := beat.schedule.next(now)):
            rows.put(conn, watched_from(replace(beat, due_at=latest)))


def _over(beat: Heartbeat) -> Signal:
    return signal_of(replace(beat, trouble=""), beat.created_at, "en")


def _the_one(conn: Connection, name: str) -> Heartbeat:
    if _is_uuid(name):
        found = [beat for beat in (rows.by_uuid(conn, name.lower()),) if beat]
    else:
        found = [each for each in rows.get_many(conn, [name]) if each.watched] or rows.by_slug(conn, name)
    if len(found) > 1:
        fix = f"Name one by its id: {', '.join(each.id for each in found)}."
        raise Conflict(f"several heartbeats are called {name}", field="heartbeat", fix=fix)
    if not found:
        raise _unknown(name)
    return found[0]


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _unknown(name: str) -> NotFound:
    shown = "of that address" if _is_uuid(name) else name
    return NotFound(
        f"there is no heartbeat {shown}", field="heartbeat", fix="`tocsin heartbeat list` shows them."
    )
