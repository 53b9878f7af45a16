"""How is somebody told what does not wake them? One notice to one person, in their language, by their first channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from tocsin.act.notify import Deliveries, Delivery, Message
from tocsin.respond.oncall.section import Rota

Wording = Callable[[str], tuple[str, tuple[str, ...]]]
"""A language → subject and lines."""


class Notices:
    """Writes notices into the caller's transaction."""

    def __init__(self, current: Callable[[], Rota], deliveries: Deliveries) -> None:
        self._current = current
        self._deliveries = deliveries

    def queue(
        self,
        conn: Connection,
        person: str,
        wording: Wording,
        *,
        cause: str,
        at: datetime,
        incident: str | None = None,
        severity: str = "",
        claimed: bool = True,
    ) -> Delivery | None:
        """A claimed one is given to `hand` after the commit. None for somebody unknown, unreachable, or who was told
        for this cause already.
        """
        current = self._current()
        known = current.people.get(person)
        routes = self._deliveries.routes(known) if known else []
        if known is None or not routes:
            return None
        language = known.language or current.language
        subject, lines = wording(language)
        return self._deliveries.queue(
            conn,
            kind="notice",
            cause=cause,
            incident=incident,
            person=person,
            route=routes[0],
            message=Message(
                kind="notice",
                subject=subject,
                lines=lines,
                severity=severity,
                incident=incident or "",
                person=person,
                language=language,
            ),
            at=at,
            claimed=claimed,
        )

    def hand(self, queued: Delivery | None) -> None:
        """Sends what `queue` returned, after the commit."""
        if queued is not None:
            self._deliveries.hand([queued])

    def called(self, person: str) -> str:
        """The full name of a person; the name itself where nobody is known by it."""
        known = self._current().people.get(person)
        return getattr(known, "name", "") or person
