"""Was this person paged for this incident by this channel a moment ago? Nobody is, twice within a minute.

A page of the same escalation is left out then: the one before says the same. One of a new escalation, begun because
something has changed, waits for the end of the minute. A page that failed or was taken back does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.respond.oncall import page_rows

MINUTE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    at: datetime
    cause: str


class Recent:
    """What was paged for an incident within the last minute or is about to be, and what is added meanwhile."""

    def __init__(self, conn: Connection, incident: str, at: datetime) -> None:
        self._pages: dict[tuple[str, str], list[_Page]] = {}
        for each in page_rows.recent(conn, incident, at - MINUTE):
            # One that is due and has not left is still on its way.
            self.add(each.person, each.channel, each.cause, each.sent_at or max(each.due_at, at))

    def add(self, person: str, channel: str, cause: str, at: datetime) -> None:
        self._pages.setdefault((person, channel), []).append(_Page(at=at, cause=cause))

    def same(self, person: str, channel: str, cause: str, at: datetime) -> bool:
        """Whether the same escalation has a page within a minute of `at`."""
        return any(each.cause == cause and abs(each.at - at) < MINUTE for each in self._of(person, channel))

    def free_from(self, person: str, channel: str, at: datetime) -> datetime:
        """The first moment from `at` on that is a minute away from every other page."""
        for each in sorted(self._of(person, channel), key=lambda page: page.at):
            if abs(each.at - at) < MINUTE:
                at = each.at + MINUTE
        return at

    def _of(self, person: str, channel: str) -> list[_Page]:
        return self._pages.get((person, channel), [])
