"""Who goes and looks? For each opening of a serious incident the service's probes run once, off the paging path.

1. A follower reads that an incident has begun, or has become worse, and sets a timer in the same transaction.
2. The timer's handler puts it off by half a minute and gives the look to a thread of ours: what hangs there keeps no
   page and no clock waiting, and if this process dies, the timer comes back.
3. What was seen and the end of the timer are written together, unless another process was quicker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from tocsin.act.checks import Scope
from tocsin.ground import timeline
from tocsin.ground.catalogue import Service
from tocsin.ground.engine import Timer
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.incidents import reality, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.reality import Reality

_KIND = "reality"
_AGAIN = timedelta(seconds=30)
_AT_ONCE = 8
_log = structlog.get_logger(__name__)


class Scout:
    """Looks at services on behalf of their incidents; `look` asks everything that a service has, at once."""

    def __init__(self, desk: Desk, look: Callable[[Service], Scope]) -> None:
        self._desk = desk
        self._look = look
        self._pool: ThreadPoolExecutor | None = None
        self._in_hand: set[str] = set()
        self._lock = threading.Lock()
        desk.timers.on(_KIND, self._due)

    def follow(self, followers: Followers) -> None:
        followers.follow("reality", (*reality.BEGUN, "severity.changed"), self._react)

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="scout")

    def stop(self) -> None:
        """Waits for nothing: whatever is unanswered is asked again by the next process."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, incident: str, actor: str) -> None:
        """Somebody wants to know again; the answer comes onto the timeline."""

        def job(conn: Connection) -> None:
            known = store.get(conn, incident)
            self._want(conn, known.id, reality.opening_of(conn, known.id), actor)

        self._desk.store.write(job)

    def check(self, incident: str, actor: str) -> Reality:
        """Looks now and gives the answer, which is on the timeline then. Takes as long as the probes do."""
        with self._desk.store.read() as conn:
            known = store.get(conn, incident)
            cause = reality.opening_of(conn, incident)
        self._answer(known.id, known.service, cause, actor)
        with self._desk.store.read() as conn:
            found = reality.latest(conn, known.id)
        assert found is not None
        return found

    def _react(self, conn: Connection, event: Event) -> None:
        known = store.get(conn, event.incident)
        level = self._desk.level(known.policy, known.severity)
        if not known.is_open or level is None or not level.confirm:
            return
        service = self._desk.service(known.service)
        if not (service.endpoints or service.checks):
            return  # nothing to ask; who asks all the same is told what is missing
        cause = reality.opening_of(conn, known.id)
        if not reality.is_answered(conn, known.id, cause):
            self._want(conn, known.id, cause, "tocsin")

    def _want(self, conn: Connection, incident: str, cause: int, actor: str) -> None:
        self._desk.timers.set(
            conn, _KIND, f"{incident}/{actor}", self._desk.clock.now(), {"cause": cause, "by": actor}
        )

    def _due(self, due: Timer) -> None:
        incident, _, actor = due.subject.partition("/")
        cause = int(due.data["cause"])
        with self._desk.store.read() as conn:
            try:
                known = store.get(conn, incident)
            except NotFound:
                return
            if actor == "tocsin" and (not known.is_open or reality.is_answered(conn, incident, cause)):
                return
        self._desk.store.write(
            lambda conn: self._desk.timers.set(
                conn, due.kind, due.subject, self._desk.clock.now() + _AGAIN, due.data
            )
        )
        with self._lock:
            if due.subject in self._in_hand:
                return
            self._in_hand.add(due.subject)

        def go() -> None:
            try:
                self._answer(incident, known.service, cause, actor)
            except Exception:
                _log.exception("an incident could not be looked at; it is tried again", incident=incident)
            finally:
                with self._lock:
                    self._in_hand.discard(due.subject)

        if self._pool:
            self._pool.submit(go)
        else:
            go()

    def _answer(self, incident: str, service: str, cause: int, actor: str) -> None:
        scope = self._look(self._desk.service(service))

        def job(conn: Connection) -> None:
            store.get(conn, incident, lock=True)
            if actor != "tocsin" or reality.opening_of(conn, incident) == cause:
                self._desk.timers.cancel(conn, _KIND, f"{incident}/{actor}")
            if actor == "tocsin" and reality.is_answered(conn, incident, cause):
                return
            timeline.append(
                conn, incident, reality.CHECKED, actor, scope.at, cause=cause, **reality.told(scope)
            )

        self._desk.store.write(job)
        self._desk.bell.ring("timeline")
