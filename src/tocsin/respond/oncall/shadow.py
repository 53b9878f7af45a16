"""What does somebody hear who learns? Each page of a schedule, as a notice that asks for nothing.

Follows the timeline, so that no page ever waits for a shadow.
"""

from __future__ import annotations

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.respond.oncall import events, store
from tocsin.respond.oncall.notices import Notices, Wording
from tocsin.respond.oncall.oncall import Duty, Oncall
from tocsin.respond.oncall.store import Climb
from tocsin.respond.oncall.wording import headline

_LEARN = N_("You are the shadow of {person} in {schedule}: watch, ask, and leave the acting to them.")
_NOBODY = N_("nobody")


class Shadowing:
    """Tells those who learn."""

    def __init__(self, clock: Clock, oncall: Oncall, notices: Notices) -> None:
        self._clock = clock
        self._oncall = oncall
        self._notices = notices

    def follow(self, followers: timeline.Followers) -> None:
        followers.follow("oncall.shadow", (events.STEP.name,), self._paged)

    def _paged(self, conn: Connection, event: timeline.Event) -> None:
        climb = store.latest(conn, event.incident)
        if climb is None:
            return
        for target in str(event.data.get("target", "")).split(", "):
            kind, _, schedule = target.partition(":")
            if kind != "schedule" or schedule not in self._oncall.schedules():
                continue
            duty = self._oncall.duty(schedule, event.at)
            for person in duty.shadows:
                self._notices.queue(
                    conn,
                    person,
                    self._wording(climb, duty),
                    cause=f"shadow/{climb.id}/{schedule}",
                    at=self._clock.now(),
                    incident=event.incident,
                    severity=climb.severity,
                    claimed=False,
                )

    def _wording(self, climb: Climb, duty: Duty) -> Wording:
        def told(language: str) -> tuple[str, tuple[str, ...]]:
            person = self._notices.called(duty.person) if duty.person else translate(language, _NOBODY)
            line = translate(language, _LEARN, person=person, schedule=duty.title)
            return headline(climb.severity, climb.title), (line,)

        return told
