"""Who hears that a silence ends soon? Its author, a while before, when alerts that it hides still fire.

The message is written with the silence and its end in its key: a timer that fires twice tells nobody twice, and a
silence that was made longer is told of anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection

from tocsin.act.notify import Deliveries, Delivery, Message
from tocsin.ground.catalogue import CatalogueSection, Person
from tocsin.ground.i18n import N_, exact, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts.selector import written
from tocsin.sense.alerts.silence import WARNING, Silence, Silences

if TYPE_CHECKING:  # the engine takes a second to import, and most of those who ask for silences need none
    from tocsin.ground.engine import Timer

_SUBJECT = N_("Your silence ends at {time}, and {count} alerts that it hides still fire")
_WHAT = N_("It is about {matchers}: {comment}")
_THEN = N_("When it ends they are judged as if they were new, and may page. Make it longer, or let it end.")


class Alarms(Protocol):
    """The part of the engine's timers that warnings use."""

    def on(self, kind: str, handler: Callable[[Timer], None]) -> None: ...


class SilenceWarnings:
    """Tells authors of what is about to end."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        silences: Silences,
        *,
        people: Current[CatalogueSection],
        deliveries: Deliveries,
        alarms: Alarms,
    ) -> None:
        self._store = store
        self._clock = clock
        self._silences = silences
        self._people = people
        self._deliveries = deliveries
        alarms.on(WARNING, self._warn)

    def _warn(self, due: Timer) -> None:
        now = self._clock.now()
        try:
            silence = self._silences.get(due.subject)
        except NotFound:
            return
        if silence.state(now) != "active" or silence.ends_at.isoformat() != due.data.get("ends_at"):
            return
        count = self._silences.reach(silence.matchers).alerts
        author = author_of(self._people(), silence.created_by)
        if not count or author is None:
            return
        name, person = author
        routes = self._deliveries.routes(person)
        if not routes:
            return
        current = self._people()
        message = wording(
            silence, count, name, person.language or current.language, person.time_zone or current.time_zone
        )

        def job(conn: Connection) -> Delivery | None:
            return self._deliveries.queue(
                conn,
                kind="notice",
                cause=f"silence/{silence.id}/{silence.ends_at:%Y%m%dT%H%M%S}",
                incident=None,
                person=name,
                route=routes[0],
                message=message,
                at=now,
                claimed=True,
            )

        queued = self._store.write(job)
        if queued is not None:
            self._deliveries.hand([queued])


def author_of(current: CatalogueSection, created_by: str) -> tuple[str, Person] | None:
    """Who wrote it: `person:mei`, or the name, full name or address as another tool gave it; None for nobody known."""
    wanted = created_by.removeprefix("person:").strip().casefold()
    for name, person in current.people.items():
        if wanted and wanted in (name, person.name.casefold(), (person.email or "").casefold()):
            return name, person
    return None


def wording(silence: Silence, count: int, person: str, language: str, zone: str) -> Message:
    """What is told to the author."""
    until: datetime = silence.ends_at
    matchers = " ".join(written(each) for each in silence.matchers)
    return Message(
        kind="notice",
        subject=translate(language, _SUBJECT, time=exact(language, until, zone), count=count),
        lines=(
            translate(language, _WHAT, matchers=matchers[:500], comment=silence.comment[:500]),
            translate(language, _THEN),
        ),
        person=person,
        language=language,
    )
