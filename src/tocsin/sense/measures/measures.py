"""Who may say what was measured, and who hears it? Probes and monitors write values, senders push them, policies read.

A value that is pushed has to be expected: a monitor names its service and measure. So what is kept is bounded by the
configuration, and a sender with a typing mistake hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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

    def push(self, service: str, values: Mapping[str, float], at: datetime | None = None) -> None:
        """Takes what a sender has measured; it is judged at the next look. Raises Invalid for what nobody expects."""
        expected = self._expected()
        for measure in values:
            if (service, measure) not in expected:
                known = sorted(name for of, name in expected if of == service)
                raise Invalid(
                    f"no monitor waits for {measure} of {service or 'no service'}",
                    field=f"measures.{measure}",
                    fix=f"There is {', '.join(known)}."
                    if known
                    else "Add one under monitors: without a probe.",
                )
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
