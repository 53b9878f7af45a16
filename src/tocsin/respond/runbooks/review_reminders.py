"""Who hears of the reviews that are overdue? Their owner, a person or a team, once a day and with low urgency.

The timer is set anew in the transaction that writes the messages, and each message has the day and the person in its
key: a restart neither loses a day nor tells it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tocsin.act.notify import Deliveries, Delivery, Message
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.engine import Timer, Timers
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.ground.timeline import told
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.review import Due, queue
from tocsin.respond.runbooks.section import LibrarySection

_TIMER = "runbook.remind"
_SUBJECT = "reviews"
_SHOWN = 20

_ONE = N_("A runbook waits for your review: {title}")
_SEVERAL = N_("{count} runbooks wait for your review")
_LINE = N_("{title} ({path}): due on {date}, {why}")
_MORE = N_("… and {count} more")


class Reminders:
    """Tells owners of what is overdue."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        library: Library,
        *,
        people: Current[CatalogueSection],
        settings: Current[LibrarySection],
        deliveries: Deliveries,
        timers: Timers,
    ) -> None:
        self._store = store
        self._clock = clock
        self._library = library
        self._people = people
        self._settings = settings
        self._deliveries = deliveries
        self._timers = timers
        timers.on(_TIMER, self._remind)

    def start(self) -> None:
        """Sets the clock to today's time: when that is over, today's messages are written at once, or are there."""
        today = self._at(self._clock.now())
        self._store.write(lambda conn: self._timers.set(conn, _TIMER, _SUBJECT, today))

    def _remind(self, due: Timer) -> None:
        now = self._clock.now()
        with self._store.read() as conn:
            overdue = [each for each in queue(conn, self._library, now) if each.overdue]
        wanted: dict[str, list[Due]] = {}
        for each in overdue:
            for person in people_of(self._people(), each.owner):
                wanted.setdefault(person, []).append(each)

        def job(conn: Connection) -> list[Delivery]:
            written = [self._write(conn, person, dues, now) for person, dues in sorted(wanted.items())]
            self._timers.set(conn, _TIMER, _SUBJECT, self._at(now, days=1))
            return [each for each in written if each is not None]

        self._deliveries.hand(self._store.write(job))

    def _write(self, conn: Connection, name: str, dues: Sequence[Due], now: datetime) -> Delivery | None:
        current = self._people()
        person = current.people[name]
        routes = self._deliveries.routes(person)
        if not routes:
            return None
        message = wording(dues, name, person.language or current.language)
        day = now.astimezone(ZoneInfo(current.time_zone)).date()
        return self._deliveries.queue(
            conn,
            kind="notice",
            cause=f"runbook-review/{day}",
            incident=None,
            person=name,
            route=routes[0],
            message=message,
            at=now,
            claimed=True,
        )

    def _at(self, now: datetime, *, days: int = 0) -> datetime:
        """The time of the reminder on the day of `now`, or days later, where the installation is."""
        zone = ZoneInfo(self._people().time_zone)
        day = now.astimezone(zone).date() + timedelta(days=days)
        return datetime.combine(day, time.fromisoformat(self._settings().library.remind_at), zone)


def people_of(current: CatalogueSection, owner: str) -> list[str]:
    """Whom an owner means: a person by name, the lead of a team or else its members; nobody for other words."""
    wanted = owner.strip().removeprefix("@").casefold()
    if not wanted:
        return []
    for name, person in current.people.items():
        if wanted in (name, person.name.casefold()):
            return [name]
    for name, team in current.teams.items():
        if wanted in (name, team.title.casefold()):
            return _known([team.lead] if team.lead else team.members, current)
    return []


def _known(names: Iterable[str], current: CatalogueSection) -> list[str]:
    return [name for name in names if name in current.people]


def wording(dues: Sequence[Due], person: str, language: str) -> Message:
    """What is told to one person of all that waits for them."""
    if len(dues) == 1:
        subject = translate(language, _ONE, title=dues[0].title)
    else:
        subject = translate(language, _SEVERAL, count=len(dues))
    lines = [
        translate(
            language,
            _LINE,
            title=due.title,
            path=due.path,
            date=f"{due.due_at:%Y-%m-%d}",
            why=told(due.why, language),
        )
        for due in dues[:_SHOWN]
    ]
    if len(dues) > _SHOWN:
        lines.append(translate(language, _MORE, count=len(dues) - _SHOWN))
    return Message(kind="notice", subject=subject, lines=tuple(lines), person=person, language=language)
