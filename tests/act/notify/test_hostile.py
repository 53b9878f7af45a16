"""A receiver that misbehaves in any of 22 ways: the page is in the state it should be, and nobody else waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import hostile
import pytest
from hostile import Hostile
from waiting import until

from tocsin.act.notify import Deliveries, Delivery, Message, Route, get, of_incident
from tocsin.act.notify.attempts import of_delivery
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

INCIDENT = "INC-2026-0001"


@dataclass(frozen=True)
class Expected:
    """After the first attempt: the state, what the attempt is called, what the receiver asked for (seconds, at least
    and at most), and how long the page then waits (seconds, at least).
    """

    state: str
    outcome: str
    asked: tuple[float, float] | None = None
    waits: float = 0.8


AGAIN = Expected("waiting", "temporary")
FINAL = Expected("failed", "permanent", waits=0)
SENT = Expected("sent", "accepted", waits=0)
TABLE = {
    "refuse": AGAIN,
    "reset": AGAIN,
    "hang": AGAIN,
    "one byte a second": AGAIN,
    "500": AGAIN,
    "502": AGAIN,
    "503 with seconds": Expected("waiting", "temporary", asked=(5, 5), waits=5),
    "503 with a date": Expected("waiting", "temporary", asked=(15, 30), waits=15),
    "429 for an hour": Expected("waiting", "temporary", asked=(3600, 3600), waits=300),
    "429 with garbage": AGAIN,
    "429 negative": AGAIN,
    "410": FINAL,
    "401": FINAL,
    "301": FINAL,
    "bad tls": AGAIN,
    "expired certificate": FINAL,
    "wrong name": FINAL,
    "empty": SENT,
    "huge": SENT,
    "no json": SENT,
    "half a body": AGAIN,
    "flap": AGAIN,
}


class Street:
    """Receivers side by side, each with a person of its own who has a mailbox, too."""

    def __init__(self, store: Store, clock: FrozenClock, deliveries: Deliveries) -> None:
        self.store, self.clock, self.deliveries = store, clock, deliveries

    def page(self, person: str, receiver: Hostile, number: int = 1) -> Delivery:
        def job(conn) -> Delivery | None:
            return self.deliveries.queue(
                conn,
                kind="page",
                cause=f"esc_{number}",
                incident=INCIDENT,
                person=person,
                route=Route(channel="hook", address=receiver.url),
                message=Message(kind="page", subject="Shop is down", lines=(), incident=INCIDENT),
                at=self.clock.now(),
                claimed=True,
            )

        queued = self.store.write(job)
        assert queued
        self.deliveries.hand([queued])
        return queued

    def row(self, page: Delivery) -> Delivery:
        with self.store.read() as conn:
            found = get(conn, page.id)
        assert found
        return found

    def rows(self) -> list[Delivery]:
        with self.store.read() as conn:
            return of_incident(conn, INCIDENT, limit=5_000)

    def seen(self, page: Delivery) -> tuple[str, str, tuple[float, float] | None, float]:
        """What became of the first attempt."""
        row = self.row(page)
        with self.store.read() as conn:
            first = of_delivery(conn, page.id)[0]
        waits = (row.next_at - self.clock.now()).total_seconds() if row.state == "waiting" else 0
        asked = None if first.retry_after is None else (first.retry_after, first.retry_after)
        return row.state, first.outcome or "", asked, waits


@pytest.fixture
def people() -> list[str]:
    return [f"person-{number}" for number in range(50)]


@pytest.fixture
def street(
    store: Store, clock: FrozenClock, configure: Callable, links: Links, boots, people: list[str], mail
) -> Iterator[Street]:
    configuration = configure(
        people={name: {"name": name, "email": f"{name}@example.com", "channels": ["mail"]} for name in people}
    )
    outbound = Outbound(resolve=lambda host, port: ["127.0.0.1"], tls=hostile.client())
    deliveries = Deliveries(
        store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boots
    )
    deliveries.start()
    yield Street(store, clock, deliveries)
    deliveries.stop()
    outbound.close()


def test_each_of_22_behaviours_leaves_the_page_in_the_state_it_should(
    street: Street, people: list[str], mail
):
    with ExitStack() as stack:
        receivers = {each: stack.enter_context(Hostile(each)) for each in TABLE}
        pages = {
            behaviour: street.page(person, receiver)
            for person, (behaviour, receiver) in zip(people, receivers.items(), strict=False)
        }
        assert len(pages) == 22
        assert street.deliveries.wait_idle(40)
        found: dict[str, object] = {}
        for behaviour, page in pages.items():
            expected = TABLE[behaviour]
            state, outcome, asked, waits = street.seen(page)
            low, high = expected.asked or (0, 0)
            as_asked = asked is None if expected.asked is None else asked and low <= asked[0] <= high
            if (
                (state, outcome) != (expected.state, expected.outcome)
                or not as_asked
                or waits < expected.waits
            ):
                found[behaviour] = (state, outcome, asked, waits)
        assert found == {}
        # What was refused for good went by the next channel at once, and by no other.
        refused = sorted(page.person for behaviour, page in pages.items() if TABLE[behaviour] == FINAL)
        assert sorted(each["To"].partition("@")[0] for each in mail.mails) == refused

        for receiver in receivers.values():
            receiver.mend()
        # Nobody waits longer than a minute: then the next channel is used, and the first one ends.
        street.clock.tick(61)
        until(lambda: {each.state for each in street.rows()} <= {"sent", "failed", "waiting"})
        street.clock.tick(301)
        until(lambda: all(each.state in ("sent", "failed") for each in street.rows()))
        assert street.deliveries.wait_idle(40)
        for behaviour, page in pages.items():
            ways = [each for each in street.rows() if each.page == page.page]
            assert any(each.state == "sent" for each in ways), behaviour
            receiver = receivers[behaviour]
            assert set(receiver.requests) <= {page.key}, behaviour
            assert len(receiver.accepted) <= 1, behaviour


def test_a_receiver_that_fails_every_second_time_gets_every_page_once(street: Street, people: list[str]):
    with Hostile("flap") as receiver:
        pages = [street.page(people[0], receiver, number) for number in range(12)]
        until(lambda: street.clock.tick(0.5) and all(street.row(each).state == "sent" for each in pages))
        assert sorted(receiver.accepted) == sorted(each.key for each in pages)


def test_one_of_fifty_receivers_that_hangs_delays_nobody_else(street: Street, people: list[str]):
    with ExitStack() as stack:
        silent = stack.enter_context(Hostile("hang"))
        others = [stack.enter_context(Hostile()) for _ in range(49)]
        stuck = [street.page(people[0], silent, number) for number in range(8)]
        quick = [
            street.page(person, receiver, number)
            for number in range(4)
            for person, receiver in zip(people[1:], others, strict=True)
        ]
        assert len(quick) == 196
        until(lambda: all(street.row(each).state == "sent" for each in quick))
        assert {street.row(each).state for each in stuck} == {"claimed"}, "it still hangs"
        assert all(len(each.accepted) == 4 for each in others)
