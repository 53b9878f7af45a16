"""What does a provider say later? That a message arrived or did not, and what a person pressed or replied.

1. The channel reads the call; what its provider did not sign is not believed. 2. Each report finds its page: by
receipt, by the page itself, or by the four digits of a reply. 3. What arrived is *delivered*; what got lost has
*failed*, and the next channel of its person is used at once. 4. A wish is carried out only for the person to whom
the page went, known by the address that they spoke from; in a room, for anybody whom the configuration knows by
that address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal, Protocol

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import events, store
from tocsin.act.notify.channel import Call, Channel, Report
from tocsin.act.notify.message import one_line
from tocsin.act.notify.outcomes import Outcomes
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
_AND_MORE = N_("{sentence} And {count} more.")
_LOOKS, _LOOK_S = 5, 0.2
_log = structlog.get_logger(__name__)


class Sending(Protocol):
    """What of delivery is needed here."""

    def channel(self, name: str) -> Channel[Any] | None: ...
    def is_shared(self, page: Delivery) -> bool: ...
    def hand(self, claimed: Iterable[Delivery]) -> None: ...
    def tell(
        self, conn: Connection, kind: timeline.Kind, about: Delivery, at: datetime, **data: object
    ) -> None: ...


class Calls:
    """The ear of all channels."""

    def __init__(
        self,
        store_: Store,
        clock: Clock,
        current: Callable[[], Directory],
        sending: Sending,
        outcomes: Outcomes,
    ) -> None:
        self._store = store_
        self._clock = clock
        self._current = current
        self._sending = sending
        self._outcomes = outcomes
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
            case "delivered" | "failed":
                self._await(name, report)
                job = self._arrived if report.kind == "delivered" else self._lost
                self._sending.hand(self._store.write(lambda conn: job(conn, name, report)))
                return ""
            case "acknowledged" | "escalated":
                return self._wanted(name, channel, report, report.kind)

    # ── what became of it ────────────────────────────────────────────────────────────────────────────────

    def _await(self, name: str, report: Report) -> None:
        """A provider may be quicker than the commit of its own receipt: such a report is given a moment."""
        for _ in range(_LOOKS if report.receipt else 0):
            with self._store.read() as conn:
                if self._named(conn, name, report):
                    return
            time.sleep(_LOOK_S)

    def _arrived(self, conn: Connection, name: str, report: Report) -> list[Delivery]:
        now = self._clock.now()
        for each in self._named(conn, name, report):
            if store.mark_delivered(conn, each.id, now):
                self._sending.tell(conn, events.DELIVERED, each, now)
        return []

    def _lost(self, conn: Connection, name: str, report: Report) -> list[Delivery]:
        now = self._clock.now()
        error = scrub(one_line(report.error)) or "not delivered"
        return [
            instead
            for each in self._named(conn, name, report)
            for instead in self._outcomes.lost(conn, each, error, now)
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
            candidates = self._meant(conn, name, report)
            meant = [
                (page, who)
                for page in candidates
                if (who := self._speaker(name, channel, page, report.address)) is not None
            ]
            pages = store.bundled_with(conn, meant[0][0]) if meant else []
        if not meant:
            return translate(self._current().language, _UNKNOWN)
        page, who = meant[0]
        language = page.message.language if page.message else self._current().language
        if not report.receipt and len({each.page for each, _ in meant}) > 1:
            return translate(language, _SEVERAL)
        if self._wish is None:
            return translate(language, _NOBODY_HEARS)
        # The message stood for all of these, and said so.
        sentences = [
            self._do(self._wish, each, wish, who)
            for each in sorted(pages, key=lambda each: each.id != page.id)
        ]
        if len(sentences) > 1:
            return translate(language, _AND_MORE, sentence=sentences[0], count=len(sentences) - 1)
        return sentences[0]

    def _meant(self, conn: Connection, name: str, report: Report) -> list[Delivery]:
        """The pages that a wish may be about; without any name, the last one that left for who speaks."""
        if report.receipt or report.delivery:
            return self._named(conn, name, report)
        if report.code:
            return store.by_code(conn, report.code)
        newest = store.newest_at(conn, name, report.address)
        return [newest] if newest is not None else []

    def _do(self, do: Wish, page: Delivery, wish: Literal["acknowledged", "escalated"], who: str) -> str:
        try:
            return do(page, wish, who)
        except TocsinError as error:
            _log.info("a wish could not be carried out", wish=wish, delivery=page.id, why=error.message)
            return error.message

    def _speaker(self, name: str, channel: Channel[Any], page: Delivery, address: str) -> str | None:
        """The person who speaks from this address, if the page is theirs to answer."""
        if not address or page.person is None:
            return None
        people = self._current().people
        if page.channel == name and self._sending.is_shared(page):
            return next((who for who, person in people.items() if _is_at(channel, person, address)), None)
        if page.channel == name and page.address == address:
            return page.person
        person = people.get(page.person)
        return page.person if person is not None and _is_at(channel, person, address) else None


def _is_at(channel: Channel[Any], person: Person, address: str) -> bool:
    return (
        address in (person.addresses.get(channel.kind), channel.address(person)) and address != channel.room
    )
