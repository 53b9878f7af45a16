"""What does a provider say later? That a message arrived or did not, and what a person pressed or replied.

1. The channel reads the call; what its provider did not sign is not believed. 2. Each report finds its page: by
receipt, by the page itself, or by the four digits of a reply. 3. What arrived is *delivered*; what got lost has
*failed*, and the next channel of its person is used at once. 4. A wish is carried out only for the person to whom
the page went, known by the address that they spoke from; in a room, for anybody whom the configuration knows by
that address.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Protocol

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import events, store
from tocsin.act.notify.channel import Call, Channel, Report
from tocsin.act.notify.message import one_line
from tocsin.act.notify.section import Directory, Person
from tocsin.act.notify.store import Delivery
from tocsin.ground import timeline
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import NotFound, TocsinError
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.store import Store

Wish = Callable[[Delivery, Literal["acknowledged", "escalated"], str], str]
"""Does what a person wants of a page, in a transaction of its own: the page, the wish, who wants it. Returns the
sentence that they read, in their language."""

_UNKNOWN = N_("No page has this number, or it was for somebody else.")
_SEVERAL = N_("Several pages have this number: open the link in the message.")
_NOBODY_HEARS = N_("This cannot be answered here: open the link in the message.")
_log = structlog.get_logger(__name__)


class Sending(Protocol):
    """What of delivery is needed here."""

    def channel(self, name: str) -> Channel[Any] | None: ...
    def lost(self, conn: Connection, taken: Delivery, error: str, at: datetime) -> list[Delivery]: ...
    def hand(self, claimed: list[Delivery]) -> None: ...
    def tell(
        self, conn: Connection, kind: timeline.Kind, about: Delivery, at: datetime, **data: object
    ) -> None: ...


class Calls:
    """The ear of all channels."""

    def __init__(
        self, store_: Store, clock: Clock, current: Callable[[], Directory], sending: Sending
    ) -> None:
        self._store = store_
        self._clock = clock
        self._current = current
        self._sending = sending
        self._wish: Wish | None = None

    def on_wish(self, told: Wish) -> None:
        """Who carries out what people want."""
        self._wish = told

    def heard(self, name: str, call: Call) -> tuple[int, str, bytes]:
        """Status, type and body of the answer. Raises NotFound, Unproven and Malformed."""
        channel = self._sending.channel(name)
        if channel is None:
            raise NotFound("There is no such channel.", fix="Look under channels: in tocsin.yaml.")
        heard = channel.hear(call)
        told = tuple(self._carry_out(name, channel, report) for report in heard.reports)
        return heard.status, heard.content_type, heard.body if heard.told is None else heard.told(told)

    def _carry_out(self, name: str, channel: Channel[Any], report: Report) -> str:
        match report.kind:
            case "delivered":
                self._store.write(lambda conn: self._arrived(conn, name, report))
                return ""
            case "failed":
                instead = self._store.write(lambda conn: self._lost(conn, name, report))
                self._sending.hand(instead)
                return ""
            case "acknowledged" | "escalated":
                return self._wanted(name, channel, report, report.kind)

    # ── what became of it ────────────────────────────────────────────────────────────────────────────────

    def _arrived(self, conn: Connection, name: str, report: Report) -> None:
        now = self._clock.now()
        for each in self._named(conn, name, report):
            if store.mark_delivered(conn, each.id, now):
                self._sending.tell(conn, events.DELIVERED, each, now)

    def _lost(self, conn: Connection, name: str, report: Report) -> list[Delivery]:
        now = self._clock.now()
        error = scrub(one_line(report.error)) or "not delivered"
        return [
            instead
            for each in self._named(conn, name, report)
            for instead in self._sending.lost(conn, each, error, now)
        ]

    def _named(self, conn: Connection, name: str, report: Report) -> list[Delivery]:
        """The deliveries by this channel that the report is about."""
        if report.receipt:
            return store.by_receipt(conn, name, report.receipt)
        found = store.get(conn, report.delivery) if report.delivery else None
        return [found] if found is not None and found.channel == name else []

    # ── what a person wants ──────────────────────────────────────────────────────────────────────────────

    def _wanted(
        self,
        name: str,
        channel: Channel[Any],
        report: Report,
        wish: Literal["acknowledged", "escalated"],
    ) -> str:
        with self._store.read() as conn:
            if report.receipt or report.delivery:
                candidates = self._named(conn, name, report)
            else:
                candidates = store.by_code(conn, report.code) if report.code else []
        meant = [
            (each, who) for each in candidates if (who := self._speaker(name, channel, each, report.address))
        ]
        language = self._current().language
        if not meant:
            return translate(language, _UNKNOWN)
        page, who = meant[0]
        language = page.message.language if page.message else language
        if len({(each.incident, each.kind) for each, _ in meant}) > 1 and not report.receipt:
            return translate(language, _SEVERAL)
        if self._wish is None:
            return translate(language, _NOBODY_HEARS)
        try:
            return self._wish(page, wish, who)
        except TocsinError as error:
            _log.info("a wish could not be carried out", wish=wish, delivery=page.id, why=error.message)
            return error.message

    def _speaker(self, name: str, channel: Channel[Any], page: Delivery, address: str) -> str | None:
        """The person who speaks from this address, if the page is theirs to answer."""
        if not address or page.person is None:
            return None
        people = self._current().people
        if page.channel == name and channel.room is not None and page.address == channel.room:
            return next((who for who, person in people.items() if _is_at(channel, person, address)), None)
        if page.channel == name and page.address == address:
            return page.person
        person = people.get(page.person)
        return page.person if person is not None and _is_at(channel, person, address) else None


def _is_at(channel: Channel[Any], person: Person, address: str) -> bool:
    return (
        address in (person.addresses.get(channel.kind), channel.address(person)) and address != channel.room
    )
