"""Who may say what was measured, and who hears it? Probes and monitors write values, senders push them, policies read.

A value that is pushed has to be expected: a monitor names its service and measure. So what is kept is bounded by the
configuration, and a sender with a typing mistake hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.store import Store
from tocsin.sense.measures import store as rows
from tocsin.sense.measures.store import Measured, Point

RAW = "#raw"
Expected = Callable[[], Collection[tuple[str, str]]]
"""The (service, measure) pairs that monitors wait for."""


class Measures:
    """What was measured of each service. Values are shares from 0 to 1, milliseconds, or counts, as `m.*` says."""

    def __init__(self, store: Store, clock: Clock, expected: Expected = tuple) -> None:
        self._store = store
        self._clock = clock
        self._expected = expected

    def expect(self, service: str, measures: Iterable[str]) -> None:
        """Raises Invalid for a measure of the service that no monitor waits for."""
        expected = self._expected()
        for measure in measures:
            if (service, measure) in expected:
                continue
            known = sorted(name for of, name in expected if of == service)
            raise Invalid(
                f"no monitor waits for {measure[:64]} of {service[:64] or 'no service'}",
                field="measures",
                fix=f"There is {', '.join(known)}." if known else "Add one under monitors: without a probe.",
            )

    def push(self, service: str, values: Mapping[str, float], at: datetime | None = None) -> None:
        """Takes what a sender has measured; it is judged at the next look. Raises Invalid for what nobody expects."""
        self.expect(service, values)
        now = at or self._clock.now()

        def job(conn: Connection) -> None:
            for measure, value in values.items():
                point = Point(at=now, value=value, usual=True)
                rows.add_point(conn, service, measure + RAW, point)

        self._store.write(job)

    def latest(self, service: str) -> list[Measured]:
        """The last value of each measure of a service, by name, however old."""
        with self._store.read() as conn:
            return rows.latest(conn, service)

    def points(self, service: str, measure: str, since: datetime) -> list[Point]:
        """The values of a measure after that moment, at most of a day, oldest first."""
        with self._store.read() as conn:
            return rows.points(conn, service, measure, since)
