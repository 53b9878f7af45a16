"""A page reaches its person: at least once, soon, and by another channel when the first one fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from databases import on_postgres
from sqlalchemy import Connection, update
from waiting import until

from tocsin.act.notify import Deliveries, Delivery, Message, Route, get, of_incident
from tocsin.act.notify import store as rows
from tocsin.act.notify.delivery import SWITCH_AFTER
from tocsin.ground import timeline
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

INCIDENT = "INC-2026-0001"


class House:
    """What a test says and sees."""

    def __init__(self, store: Store, clock: FrozenClock, deliveries: Deliveries, people) -> None:
        self.store, self.clock, self.deliveries, self.people = store, clock, deliveries, people

    def write(
        self, conn: Connection, person: str, channel: str | None, cause: str, **options
    ) -> Delivery | None:
        routes = self.deliveries.routes(self.people[person], [channel] if channel else ())
        return self.deliveries.queue(
            conn,
            kind=options.pop("kind", "page"),
            cause=cause,
            incident=options.pop("incident", INCIDENT),
            person=person,
            route=routes[0],
            message=Message(
                kind="page", subject="[P0] Shop is down", lines=("Service: Shop",), incident=INCIDENT
            ),
            at=self.clock.now(),
            **options,
        )

    def queue(
        self, person: str = "mei", channel: str | None = None, cause: str = "esc_1", **options
    ) -> Delivery | None:
        return self.store.write(lambda conn: self.write(conn, person, channel, cause, **options))

    def page(self, person: str = "mei", channel: str | None = None, cause: str = "esc_1") -> Delivery:
        """A page that is due now and handed over, as the opening of an incident does it."""
        queued = self.queue(person, channel, cause, claimed=True)
        assert queued
        self.deliveries.hand([queued])
        return queued

    def row(self, delivery: Delivery) -> Delivery:
        with self.store.read() as conn:
            found = get(conn, delivery.id)
        assert found
        return found

    def rows(self) -> list[Delivery]:
        with self.store.read() as conn:
            return of_incident(conn, INCIDENT)

    def state(self, delivery: Delivery) -> str:
        return self.row(delivery).state

    def told(self, kind: str) -> list[dict]:
        with self.store.read() as conn:
            return [each.data for each in timeline.of_incident(conn, INCIDENT, kinds=(kind,))]


@pytest.fixture
def house(store: Store, clock: FrozenClock, deliveries: Deliveries, configure) -> Iterator[House]:
    deliveries.start()
    yield House(store, clock, deliveries, configure().people)
    deliveries.stop()


def test_a_page_is_sent_with_a_signed_link_and_its_way_is_on_the_timeline(house: House, mail, links: Links):
    sent = house.page()
    until(lambda: house.state(sent) == "sent")

    [mail_] = mail.mails
    assert mail_["Subject"] == "[P0] Shop is down"
    link = next(word for word in mail_.get_body(("plain",)).get_content().split() if "/a/" in word)
    assert links.read_acknowledge(link.rpartition("/")[2]) == sent.id
    row = house.row(sent)
    assert (row.attempt, row.error, row.sent_at) == (1, None, house.clock.now())
    assert house.told("page.queued")[0]["person"] == "Mei-Ling Chen"
    assert house.told("page.sent") == [
        {
            "delivery": sent.id, "person": "Mei-Ling Chen", "channel": "mail", "step": 1, "steps": 1,
            "attempt": 1, "latency_ms": 0,
        }
    ]  # fmt: skip


def test_the_same_page_is_written_once(house: House):
    assert house.queue() is not None
    assert house.queue() is None
    assert house.queue(channel="hook") is not None
    assert len(house.rows()) == 2


def test_a_later_page_waits_for_its_time(house: House, mail):
    later = house.queue(due_at=house.clock.now() + timedelta(minutes=5))
    house.clock.tick(299)
    house.deliveries.sweep()
    assert house.state(later) == "waiting"
    house.clock.tick(2)
    until(lambda: house.state(later) == "sent")
    assert house.told("page.sent")[0]["latency_ms"] == 1_000
    assert len(mail.mails) == 1


def test_a_page_that_was_written_and_never_handed_over_is_found(house: House, mail):
    forgotten = house.queue(claimed=True)
    house.clock.tick(6)
    until(lambda: house.state(forgotten) == "sent")
    assert len(mail.mails) == 1


def test_what_a_dead_process_had_claimed_is_sent_by_another(house: House, mail, boots):
    orphan = house.queue(claimed=True)
    house.store.write(
        lambda conn: conn.execute(
            update(rows.delivery).values(claimed_by="boot_dead", claimed_at=house.clock.now())
        )
    )
    house.clock.tick(30)
    house.deliveries.sweep()
    assert house.state(orphan) == "claimed"
    boots.gone = ["boot_dead"]
    house.clock.tick(5)
    until(lambda: house.state(orphan) == "sent")
    assert house.row(orphan).attempt == 2
    assert [each["Message-ID"] for each in mail.mails] == ["<esc_1/1/1/mei/mail@example.com>"]


def test_a_process_that_slept_past_its_claim_does_not_send(
    house: House, mail, store: Store, clock: FrozenClock, configure, links: Links, outbound: Outbound
):
    claimed = house.queue(claimed=True)
    store.write(lambda conn: conn.execute(update(rows.delivery).values(claimed_by="boot_2", attempt=2)))
    clock.tick(20)
    house.deliveries.hand([claimed])  # as if it woke up with the claim still in its memory
    assert house.deliveries.wait_idle(5)
    assert not mail.mails
    assert house.state(claimed) == "claimed"


def test_a_temporary_failure_is_tried_again_after_a_pause(house: House, mail):
    mail.answers = ["451 later", "421 busy"]
    sent = house.page()
    until(lambda: house.state(sent) == "waiting")
    assert "451" in house.row(sent).error
    assert timedelta(0) < house.row(sent).next_at - house.clock.now() <= timedelta(seconds=1.2)
    house.clock.tick(1.3)
    until(lambda: house.row(sent).attempt == 2 and house.state(sent) == "waiting")
    house.clock.tick(2.5)
    until(lambda: house.state(sent) == "sent")
    assert len(mail.mails) == 1
    assert [each["permanent"] for each in house.told("page.failed")] == [False, False]


def test_a_permanent_failure_uses_the_next_channel_at_once(house: House, mail, receiver):
    mail.answers = ["550 nobody"]
    failed = house.page()
    until(lambda: len(house.rows()) == 2 and house.rows()[1].state == "sent")
    first, second = house.rows()
    assert (first.state, first.channel) == ("failed", "mail")
    assert (second.state, second.channel, second.page) == ("sent", "hook", first.page)
    assert [request.path for request in receiver.requests] == ["/mei"]
    assert house.told("page.failed")[0]["permanent"] is True
    assert failed.id == first.id


def test_a_minute_unsent_uses_the_next_channel_whatever_the_receiver_asks_for(house: House, mail, receiver):
    receiver.replies["/jun"] = [(429, {"Retry-After": "3600"}, b"")]
    asked = house.page("jun")
    until(lambda: house.state(asked) == "waiting")
    house.clock.tick(59)
    house.deliveries.sweep()
    assert len(house.rows()) == 1
    house.clock.tick(1.1)
    until(lambda: len(mail.mails) == 1)
    assert mail.mails[0]["To"] == "jun@example.com"
    # The first channel gets one more try, finds that the page has arrived by then, and ends.
    house.clock.tick(300)
    until(lambda: house.state(asked) == "failed")
    assert len(receiver.requests) == 2


def test_a_page_in_a_lane_that_hangs_moves_to_the_next_channel_and_delays_nobody_else(
    house: House, mail, receiver, clock: FrozenClock
):
    receiver.replies["/jun"] = [lambda handler: receiver.hang.wait(20)]
    stuck = [house.page("jun", cause=f"esc_{number}") for number in range(8)]
    quick = [house.page("ana", cause=f"esc_{number}") for number in range(20)]
    until(lambda: all(house.state(each) == "sent" for each in quick))
    assert all(house.state(each) == "claimed" for each in stuck)
    clock.tick(61)
    until(lambda: sum(mail_["To"] == "jun@example.com" for mail_ in mail.mails) == 8)
    receiver.hang.set()


def test_cancelled_pages_are_not_sent(house: House, mail):
    now = house.clock.now()
    waiting = [house.queue(cause=f"esc_{n}", due_at=now + timedelta(seconds=5)) for n in range(3)]
    notice = house.queue(cause="clock", kind="notice", due_at=now + timedelta(seconds=5))
    assert house.store.write(lambda conn: house.deliveries.cancel(conn, INCIDENT, "acknowledged", now)) == 3
    house.clock.tick(10)
    until(lambda: house.state(notice) == "sent")
    assert [house.state(each) for each in waiting] == ["cancelled"] * 3
    assert house.told("page.cancelled") == []
    assert len(mail.mails) == 1


def test_a_retry_that_is_cancelled_is_told_and_a_page_that_left_has_left(house: House, mail, receiver):
    mail.answers = ["451 later"]
    tried = house.page("ana")
    until(lambda: house.state(tried) == "waiting")

    leaving, let_go = threading.Event(), threading.Event()

    def slow(handler):
        leaving.set()
        let_go.wait(10)
        handler.send_response(204)
        handler.end_headers()

    receiver.replies["/jun"] = [slow]
    under_way = house.page("jun")
    assert leaving.wait(5)
    house.store.write(lambda conn: house.deliveries.cancel(conn, INCIDENT, "acknowledged", house.clock.now()))
    assert house.state(tried) == "cancelled"
    assert len(house.told("page.cancelled")) == 2
    let_go.set()
    until(lambda: house.state(under_way) == "sent")
    house.clock.tick(100)
    house.deliveries.sweep()
    assert not mail.mails


def test_a_page_after_a_long_standstill_goes_by_one_channel_and_says_that_it_is_late(
    house: House, mail, receiver
):
    late = house.queue(due_at=house.clock.now() + timedelta(minutes=1))
    house.clock.tick(6 * 3600)
    until(lambda: house.state(late) == "sent")
    assert (
        "This message is late: it was due at 21 Nov 2026, 10:31:00"
        in mail.mails[0].get_body(("plain",)).get_content()
    )
    assert not receiver.requests


def test_after_a_day_a_page_that_never_left_is_given_up(house: House, mail):
    mail.answers = ["451 later"] * 2
    never = house.page("ana")
    until(lambda: house.state(never) == "waiting")
    house.clock.tick(25 * 3600)
    until(lambda: house.state(never) == "failed")


def test_a_channel_that_left_the_configuration_is_a_permanent_failure(house: House, mail):
    gone = house.store.write(
        lambda conn: house.deliveries.queue(
            conn,
            kind="page",
            cause="esc_1",
            incident=INCIDENT,
            person="mei",
            route=Route(channel="pager", address="123"),
            message=Message(kind="page", subject="x", lines=()),
            at=house.clock.now(),
            claimed=True,
        )
    )
    house.deliveries.hand([gone])
    until(lambda: len(mail.mails) == 1)
    assert house.state(gone) == "failed"
    assert "no channel pager" in house.row(gone).error


def test_whoever_asked_is_told_when_no_channel_reached_the_person(house: House, mail):
    told: list[str] = []
    house.deliveries.on_unreachable(lambda conn, delivery, at: told.append(delivery.person) or [])
    mail.answers = ["550 nobody"]
    house.page("ana")
    until(lambda: told == ["ana"])


def test_a_step_that_is_due_becomes_pages(house: House, mail):
    def expand(conn: Connection, step: Delivery, at) -> list[Delivery]:
        assert step.target == "schedule:backend"
        pages = [house.write(conn, person, "mail", step.cause, claimed=True) for person in ("mei", "jun")]
        return [each for each in pages if each]

    house.deliveries.on_step(expand)
    now = house.clock.now()
    house.store.write(
        lambda conn: house.deliveries.queue_step(
            conn,
            cause="esc_1",
            incident=INCIDENT,
            target="schedule:backend",
            round_=1,
            step=2,
            steps=2,
            due_at=now + timedelta(minutes=5),
        )
    )
    house.clock.tick(301)
    until(lambda: len(mail.mails) == 2)
    assert {each["To"] for each in mail.mails} == {"mei@example.com", "jun@example.com"}
    until(lambda: sorted(each.state for each in house.rows()) == ["cancelled", "sent", "sent"])


def test_ways_to_a_person_follow_the_severity_then_their_own_order(deliveries: Deliveries, configure):
    people = configure().people

    def ways(person: str, *wanted: str) -> list[str]:
        return [route.channel for route in deliveries.routes(people[person], wanted)]

    assert ways("mei") == ["mail", "hook"]
    assert ways("jun") == ["hook", "mail"]
    assert ways("jun", "mail") == ["mail", "hook"]
    assert ways("ana") == ["mail"]
    assert ways("ana", "hook", "gone") == ["mail"]


@on_postgres
def test_two_processes_on_one_database_send_each_page_once(
    store: Store, clock: FrozenClock, configure, links: Links, outbound: Outbound, mail, boots
):
    configuration = configure()

    class Other:
        id = "boot_2"

        def dead(self, conn: Connection) -> list[str]:
            return []

    both = [
        Deliveries(
            store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boot
        )
        for boot in (boots, Other())
    ]
    house = House(store, clock, both[0], configuration.people)
    for number in range(300):
        house.queue("ana", cause=f"esc_{number}")
    for each in both:
        each.start()
    until(lambda: len(mail.mails) >= 300, 30)
    until(lambda: all(each.state == "sent" for each in house.rows()))
    for each in both:
        each.stop()
    assert len(mail.mails) == 300
    assert len({each["Message-ID"] for each in mail.mails}) == 300


BEHAVIOURS = {
    "500": ((500, {}, b""), "waiting"),
    "502": ((502, {}, b""), "waiting"),
    "503 with seconds": ((503, {"Retry-After": "5"}, b""), "waiting"),
    "503 with a date": ((503, {"Retry-After": "Sat, 21 Nov 2026 10:30:05 GMT"}, b""), "waiting"),
    "429 for an hour": ((429, {"Retry-After": "3600"}, b""), "waiting"),
    "429 with garbage": ((429, {"Retry-After": "later"}, b""), "waiting"),
    "429 negative": ((429, {"Retry-After": "-1"}, b""), "waiting"),
    "410": ((410, {}, b""), "failed"),
    "401": ((401, {}, b""), "failed"),
    "301": ((301, {"Location": "http://127.0.0.1/"}, b""), "failed"),
    "empty": (lambda handler: None, "waiting"),
    "reset": (lambda handler: handler.connection.close(), "waiting"),
    "huge": ((200, {}, b"x" * 5_000_000), "sent"),
    "not json": ((200, {}, b"<html>"), "sent"),
    "half a body": (
        lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        "waiting",
    ),
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_receiver_that_misbehaves_leaves_the_page_in_the_state_it_should(
    house: House, receiver, behaviour: str
):
    reply, state = BEHAVIOURS[behaviour]
    receiver.replies["/jun"] = [reply]
    house.queue("ana", cause="esc_other")
    sent = house.page("jun")
    until(lambda: house.state(sent) == state and house.row(sent).attempt == 1)
    if state == "waiting":
        # Tried again with the same id, and it arrives as soon as the receiver is well.
        receiver.replies["/jun"] = [(204, {}, b"")]
        house.clock.tick(310)
        until(lambda: any(each.state == "sent" for each in house.rows() if each.page == sent.page))
    ids = {request.headers["webhook-id"] for request in receiver.requests if request.path == "/jun"}
    assert ids == {"esc_1/1/1/jun/hook"}
    assert json.loads(receiver.requests[0].body)["data"]["incident"] == INCIDENT


def test_a_receiver_that_flaps_gets_every_page_once(house: House, receiver):
    receiver.replies["/jun"] = [(204, {}, b"") if n % 2 else (500, {}, b"") for n in range(40)]
    pages = [house.page("jun", cause=f"esc_{number}") for number in range(15)]
    deadline = time.monotonic() + 20
    while not all(house.state(each) == "sent" for each in pages):
        assert time.monotonic() < deadline
        house.clock.tick(0.5)
        time.sleep(0.02)
    assert timedelta(seconds=30) < SWITCH_AFTER
