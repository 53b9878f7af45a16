"""Who watches the watchman? A thread of its own that asks every minute whether everything was done that was due.

It stands beside the engine, not in it: what stops the engine does not stop the auditor. Every process has one. 1. It
asks the store whether it takes a write, and what is due and not done. 2. It asks its own process: do the beats come
round, does the web answer its loop, can the names of the channels be resolved, is the clock right? 3. A finding is a
row; the process that saw it first tells of it, by a fallback channel and not by the queue of pages. 4. While there is
none, it calls an address outside; whoever waits there tells of the silence, if this machine is gone altogether.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, func, select

from tocsin.act.notify import Channel, Directory
from tocsin.ground.engine import Engine
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound, Resolve, system_resolve
from tocsin.ground.kernel.secret import reveal, scrub
from tocsin.ground.store import Store
from tocsin.ground.timeline.reason import reason
from tocsin.learn.watch import alarm, due, store
from tocsin.learn.watch.names import names_of
from tocsin.learn.watch.section import WatchSettings
from tocsin.learn.watch.store import Finding, Found

_SKEW_S = 5.0
_STORE_S = 10.0
_FORGET_EVERY_S = 3_600.0
_TOLD_AGAIN_S = 3_600.0
_PING_S = 10.0

DATABASE = reason(N_("the database does not take a write: {error}"))
SLOW = reason(N_("the database has not answered for {seconds} s"))
BEAT = reason(N_("the part {beat} of the engine fails: {error}"))
HANGS = reason(N_("the part {beat} of the engine has not come round for {seconds} s"))
SENDING = reason(N_("pages are not looked for: {error}"))
LOOP = reason(N_("the web does not answer within {seconds} s"))
DNS = reason(N_("the name {host} cannot be resolved: {error}"))
SLACK = reason(N_("Slack is not heard by Socket Mode, so buttons and commands there do nothing: {error}"))
JUMPED = reason(N_("the clock of this machine was set by {seconds} s"))
SKEW = reason(N_("the clock of this machine and that of the database differ by {seconds} s"))
_log = structlog.get_logger(__name__)


class Section(Directory, Protocol):
    """What the auditor reads of the configuration."""

    @property
    def watch(self) -> WatchSettings: ...


class Sender(Protocol):
    """The part of delivery that is asked how it does, and for its channels."""

    problem: str

    def channel(self, name: str) -> Channel[Any] | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """How Tocsin is: when somebody looked last, what is not well now, and what was not of late."""

    looked_at: datetime | None
    now: Sequence[Found]
    before: Sequence[Found]


def clock_of(conn: Connection) -> datetime | None:
    """What time it is for the database; None where it has no clock of its own."""
    return conn.scalar(select(func.clock_timestamp())) if conn.dialect.name == "postgresql" else None


class Auditor:
    """The auditor of one process. `pulse` says whether the web's loop answers within so many seconds, `deaf` why Slack
    has not been heard for so many, if it was not.
    """

    def __init__(
        self,
        store_: Store,
        clock: Clock,
        current: Callable[[], Section],
        *,
        engine: Engine,
        sender: Sender,
        outbound: Outbound,
        links: Links,
        pulse: Callable[[float], bool] = lambda _: True,
        deaf: Callable[[float], str] = lambda _: "",
        resolve: Resolve = system_resolve,
        other_clock: Callable[[Connection], datetime | None] = clock_of,
        forget: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        self._store = store_
        self._clock = clock
        self._current = current
        self._engine = engine
        self._sender = sender
        self._outbound = outbound
        self._links = links
        self._pulse = pulse
        self._deaf = deaf
        self._resolve = resolve
        self._other_clock = other_clock
        self._forget = forget
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._last: tuple[datetime, float] | None = None
        self._forget_at = 0.0
        self._unkept: dict[str, float] = {}
        self._probe: threading.Thread | None = None
        self._all_well = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._serve, name="auditor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=2)

    def report(self) -> Report:
        with self._store.read() as conn:
            return Report(
                looked_at=store.last_look(conn), now=store.open_findings(conn), before=store.recent(conn)
            )

    def _serve(self) -> None:
        # The first look after one period: at the start much is due that nobody could do before.
        while not self._stopping.wait(self._current().watch.every.total_seconds()):
            try:
                self.look()
            except Exception:
                _log.exception("the auditor stumbled; it looks again")

    def look(self) -> list[Finding]:
        """Looks once at everything, writes down what is found, tells what is new; returns what is not well."""
        found = [*self._here()]
        away = self._asked_in_time(found)
        if away is not None:
            found.append(away)
            self._tell_unkept(found)
        if not found and self._all_well:
            self._call_outside()
        return found

    # ── what the store says ──────────────────────────────────────────────────────────────────────────────

    def _asked_in_time(self, found: list[Finding]) -> Finding | None:
        """Asks the store and keeps what was found there; a finding where it does not answer. A store that hangs costs
        this thread no more than ten seconds.
        """
        outcome: list[Finding | None] = []
        if self._probe is not None and self._probe.is_alive():
            return Finding(part="database", said=SLOW(seconds=round(_STORE_S)))

        def ask() -> None:
            try:
                self._keep(found)
                outcome.append(None)
            except Exception as error:
                told = error.message if isinstance(error, TocsinError) else type(error).__name__
                outcome.append(Finding(part="database", said=DATABASE(error=scrub(told)[:150])))

        self._probe = threading.Thread(target=ask, name="auditor-store", daemon=True)
        self._probe.start()
        self._probe.join(_STORE_S)
        return outcome[0] if outcome else Finding(part="database", said=SLOW(seconds=round(_STORE_S)))

    def _keep(self, found: list[Finding]) -> None:
        now, boot = self._clock.now(), self._engine.boot
        with self._store.read() as conn:
            late = self._current().watch.late
            found += due.findings(conn, now, late, self._engine.boots)
            found += self._skew(conn, now)
            gone = self._engine.boots.dead(conn)

        def job(conn: Connection) -> tuple[list[Finding], list[Found], list[Found]]:
            store.looked(conn, boot, now, len(found))
            new = [each for each in found if store.see(conn, each, now)]
            still = {(each.part, each.place) for each in found}
            over = store.end(conn, ["", boot, *gone], still, now)
            return new, over, store.open_findings(conn)

        new, over, still_open = self._store.write(job)
        self._all_well = not still_open
        if self._unkept:
            self._unkept.clear()
        if new:
            _log.error("Tocsin is not well", findings=[f"{each.part}: {each.said}" for each in new])
            self._alarm(new)
        elif over and not still_open:
            self._alarm([])
        if self._clock.monotonic() >= self._forget_at:
            self._forget_at = self._clock.monotonic() + _FORGET_EVERY_S
            self._store.write(partial(self._tidy, now=now))

    def _tidy(self, conn: Connection, *, now: datetime) -> None:
        store.forget(conn, now)
        self._forget(conn)

    def _skew(self, conn: Connection, now: datetime) -> Iterator[Finding]:
        theirs = self._other_clock(conn)
        if theirs is None:
            return
        differ = abs((self._clock.now() - theirs).total_seconds())
        if differ > _SKEW_S:
            yield Finding(part="clock", said=SKEW(seconds=round(differ)), place=self._engine.boot)

    # ── what this process says ───────────────────────────────────────────────────────────────────────────

    def _here(self) -> Iterator[Finding]:
        boot, late = self._engine.boot, self._current().watch.late.total_seconds()
        for beat, error in self._engine.problems().items():
            yield Finding(
                part="engine", said=BEAT(beat=beat, error=scrub(error)[:150]), place=f"{boot}/{beat}"
            )
        for beat, seconds in self._engine.hanging(late).items():
            yield Finding(
                part="engine", said=HANGS(beat=beat, seconds=round(seconds)), place=f"{boot}/{beat}"
            )
        if self._sender.problem:
            yield Finding(part="pages", said=SENDING(error=scrub(self._sender.problem)[:150]), place=boot)
        if not self._pulse(_PING_S):
            yield Finding(part="intake", said=LOOP(seconds=round(_PING_S)), place=boot)
        if why := self._deaf(late):
            yield Finding(part="slack", said=SLACK(error=scrub(why)[:150]), place=boot)
        yield from self._clock_jumped()
        yield from self._names()

    def _clock_jumped(self) -> Iterator[Finding]:
        before, self._last = self._last, (self._clock.now(), self._clock.monotonic())
        if before is None:
            return
        jumped = (self._last[0] - before[0]) - timedelta(seconds=self._last[1] - before[1])
        if abs(jumped.total_seconds()) > _SKEW_S:
            seconds = round(jumped.total_seconds())
            yield Finding(part="clock", said=JUMPED(seconds=seconds), place=self._engine.boot)

    def _names(self) -> Iterator[Finding]:
        """Whether the hosts of the channels, and that of the heartbeat, can be found."""
        current = self._current()
        for host in names_of(current, self._sender.channel, reveal_or_none(current.watch)):
            try:
                self._resolve(host, 443)
            except (OSError, UnicodeError) as error:
                yield Finding(
                    part="dns",
                    said=DNS(host=host, error=str(error)[:100]),
                    place=self._engine.boot,
                )
                return

    # ── telling ──────────────────────────────────────────────────────────────────────────────────────────

    def _alarm(self, found: Sequence[Finding]) -> None:
        current = self._current()
        alarm.tell(
            found,
            current.watch.fallback,
            directory=current,
            channel=self._sender.channel,
            links=self._links,
        )

    def _tell_unkept(self, found: Sequence[Finding]) -> None:
        """What could not be written down is told by this process, and again each hour."""
        now = self._clock.monotonic()
        fresh = [each for each in found if now - self._unkept.get(each.part, float("-inf")) >= _TOLD_AGAIN_S]
        self._unkept.update({each.part: now for each in fresh})
        if fresh:
            _log.error("Tocsin is not well", findings=[f"{each.part}: {each.said}" for each in fresh])
            self._alarm(fresh)

    def _call_outside(self) -> None:
        url = reveal_or_none(self._current().watch)
        if url is None:
            return
        try:
            answer = self._outbound.request("GET", url, timeout=_PING_S, trusted=True, limit=1_024)
        except TocsinError as error:
            _log.warning("the heartbeat outside was not reached", error=scrub(error.message))
            return
        if answer.status >= 400:
            _log.warning("the heartbeat outside was refused", status=answer.status)


def reveal_or_none(watch: WatchSettings) -> str | None:
    """The address of the heartbeat, with its secret."""
    return None if watch.heartbeat_url is None else reveal(watch.heartbeat_url)
