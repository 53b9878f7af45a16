"""Every attempt at a message is on record: when, by whom, how it ended, what the receiver asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pager import Pager, Paging, Provider

from tocsin.act.notify import Delivery, DeliveryFailed, Message, Route, get
from tocsin.act.notify.attempts import Attempt, of_delivery
from tocsin.act.notify.health import health_of
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store


class Room:
    """One pager, and what was tried by it."""

    def __init__(self, store: Store, clock: FrozenClock, deliveries: Paging, provider: Provider) -> None:
        self.store, self.clock, self.deliveries, self.provider = store, clock, deliveries, provider

    def page(self, *, hand: bool = True, channel: str = "pager", due_in: float = 0) -> Delivery:
        now = self.clock.now()
        queued = self.store.write(
            lambda conn: self.deliveries.queue(
                conn,
                kind="page",
                cause="esc_1",
                incident=None,
                person="ana",
                route=Route(channel=channel, address="1"),
                message=Message(kind="page", subject="x", lines=()),
                at=now,
                due_at=now + timedelta(seconds=due_in),
                claimed=due_in == 0,
            )
        )
        assert queued
        if hand and due_in == 0:
            self.deliveries.hand([queued])
            assert self.deliveries.wait_idle(10)
        return queued

    def later(self, seconds: float) -> None:
        self.clock.tick(seconds)
        self.deliveries.sweep()
        assert self.deliveries.wait_idle(10)

    def tried(self, page: Delivery) -> list[Attempt]:
        with self.store.read() as conn:
            return of_delivery(conn, page.id)

    def row(self, page: Delivery) -> Delivery:
        with self.store.read() as conn:
            found = get(conn, page.id)
        assert found
        return found


@pytest.fixture
def room(
    store: Store, clock: FrozenClock, configure: Callable, links: Links, outbound: Outbound, boots, mail
) -> Iterator[Room]:
    configuration = configure()
    provider = Provider()
    pagers = {
        "pager": Pager(provider, outbound),
        "tickets": Pager(provider, outbound, disturbs=False),
    }
    deliveries = Paging(
        store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boots,
        pagers=pagers,
    )  # fmt: skip
    deliveries.start()
    yield Room(store, clock, deliveries, provider)
    deliveries.stop()


def test_each_attempt_tells_how_it_ended_and_what_was_asked_for(room: Room):
    begun = room.clock.now()
    room.provider.failures = [
        DeliveryFailed("busy", permanent=False, retry_after=7),
        DeliveryFailed("gone", permanent=True),
    ]
    page = room.page()
    room.later(8)
    first, second = room.tried(page)
    assert first == Attempt(
        delivery=page.id,
        number=1,
        channel="pager",
        boot="boot_1",
        started_at=begun,
        ended_at=begun,
        outcome="temporary",
        error="busy",
        retry_after=7,
    )
    assert (second.number, second.outcome, second.error) == (2, "permanent", "gone")
    assert second.started_at == begun + timedelta(seconds=8)
    assert room.row(page).state == "failed"


def test_an_attempt_is_on_record_before_it_leaves(room: Room):
    page = room.page(hand=False)
    [attempt] = room.tried(page)
    assert (attempt.number, attempt.outcome, attempt.ended_at) == (1, None, None)
    later = room.page(hand=False, due_in=60, channel="mail")
    assert room.tried(later) == []


def test_what_became_of_an_attempt_whose_process_died_is_not_known(room: Room, boots):
    page = room.page(hand=False)
    boots.gone = ["boot_1"]
    boots.id = "boot_2"
    room.deliveries.reclaim()
    room.later(1)
    first, second = room.tried(page)
    assert (first.outcome, first.ended_at) == ("unknown", room.clock.now() - timedelta(seconds=1))
    assert second.outcome == "accepted"


def test_a_channel_is_failing_from_a_failure_until_the_next_success(room: Room):
    def health():
        with room.store.read() as conn:
            [found] = health_of(conn, ["pager"], room.clock.now())
        return found

    assert (health().state, health().waiting) == ("unused", 0)
    room.provider.failures = [DeliveryFailed("busy", permanent=False)]
    room.page()
    found = health()
    assert (found.state, found.waiting, found.held) == ("failing", 1, 0)
    assert found.failure.error == "busy"
    room.later(5)
    found = health()
    assert (found.state, found.waiting) == ("works", 0)
    assert found.failure.error == "busy"
    assert found.success.number == 2


def test_a_ticket_is_no_page(room: Room, mail):
    told: list[str] = []
    room.deliveries.on_unreachable(lambda conn, page, at: told.append(page.id) or [])
    ticket = room.page(channel="tickets")
    assert (room.row(ticket).kind, room.row(ticket).code) == ("ticket", None)
    [sent] = room.provider.sent
    assert "/a/" not in sent.message.link
    assert room.store.write(lambda conn: room.deliveries.cancel(conn, "INC-1", "x", room.clock.now())) == 0

    room.provider.failures = [DeliveryFailed("no such project", permanent=True)]
    people = room.deliveries._current().people
    assert "tickets" not in [each.channel for each in room.deliveries.routes(people["ana"])]
    other = room.store.write(
        lambda conn: room.deliveries.queue(
            conn,
            kind="page",
            cause="esc_2",
            incident=None,
            person="ana",
            route=Route(channel="tickets", address="1"),
            message=Message(kind="page", subject="x", lines=()),
            at=room.clock.now(),
            claimed=True,
        )
    )
    room.deliveries.hand([other])
    assert room.deliveries.wait_idle(10)
    assert room.row(other).state == "failed"
    assert told == [], "nobody is paged because a ticket could not be written"
    assert mail.mails == []
