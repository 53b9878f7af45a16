"""What a provider says later: what arrived, what got lost, and what a person wants; believed only when it is proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pager import Pager, Paging, Provider, says

from tocsin.act.notify import Delivery, Message, Route, get
from tocsin.act.notify import store as rows
from tocsin.act.notify.channel import Unproven
from tocsin.ground import timeline
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, NotFound
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

INCIDENT = "INC-2026-0001"
MEI, JUN = "+886900000001", "+886900000002"


class Desk:
    """One provider with a pager for everybody and a room, and what was asked for through it."""

    def __init__(self, store: Store, clock: FrozenClock, deliveries: Paging, provider: Provider) -> None:
        self.store, self.clock, self.deliveries, self.provider = store, clock, deliveries, provider
        self.wishes: list[tuple[str, str, str]] = []
        deliveries.on_wish(self._wished)

    def _wished(self, page: Delivery, wish: str, who: str) -> str:
        self.wishes.append((page.id, wish, who))
        return f"{wish} by {who}: {page.incident}"

    def page(
        self, person: str = "mei", address: str = MEI, cause: str = "esc_1", incident: str = INCIDENT
    ) -> Delivery:
        message = Message(kind="page", subject="Shop is down", lines=(), incident=incident, language="en")
        queued = self.store.write(
            lambda conn: self.deliveries.queue(
                conn,
                kind="page",
                cause=cause,
                incident=incident,
                person=person,
                route=Route(channel="pager", address=address),
                message=message,
                at=self.clock.now(),
                claimed=True,
            )
        )
        assert queued
        self.deliveries.hand([queued])
        assert self.deliveries.wait_idle(10)
        return self.row(queued)

    def row(self, page: Delivery) -> Delivery:
        with self.store.read() as conn:
            found = get(conn, page.id)
        assert found
        return found

    def of_page(self, page: Delivery) -> list[Delivery]:
        with self.store.read() as conn:
            return rows.of_page(conn, page.page)

    def told(self, kind: str) -> int:
        with self.store.read() as conn:
            return len(timeline.of_incident(conn, INCIDENT, kinds=(kind,)))

    def heard(self, *reports: dict[str, str]) -> str:
        return self.deliveries.heard("pager", says(*reports))[2].decode()


@pytest.fixture
def desk(
    store: Store, clock: FrozenClock, configure: Callable, links: Links, outbound: Outbound, boots, mail
) -> Iterator[Desk]:
    configuration = configure()
    people = {
        "mei": {"name": "Mei", "email": "mei@example.com", "addresses": {"pager": MEI}},
        "jun": {"name": "Jun", "addresses": {"pager": JUN}},
    }
    configuration = configure(people=people)
    provider = Provider()
    pagers = {"pager": Pager(provider, outbound), "room": Pager(provider, outbound, room="#ops")}
    deliveries = Paging(
        store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boots,
        pagers=pagers,
    )  # fmt: skip
    deliveries.start()
    yield Desk(store, clock, deliveries, provider)
    deliveries.stop()


def test_a_message_leaves_with_its_names_and_keeps_its_thread(desk: Desk, links: Links):
    first, second = desk.page(cause="esc_1"), desk.page(cause="esc_2")
    other = desk.page("jun", JUN, cause="esc_2")
    one, two, third = (each.message for each in desk.provider.sent)
    assert (one.delivery, one.code, one.thread) == (first.id, first.code, "")
    assert (two.thread, third.thread) == ("receipt-1", "")
    assert one.page_link == f"https://tocsin.example.com/incidents/{INCIDENT}"
    assert one.callback == "https://tocsin.example.com/channels/pager"
    assert links.read_acknowledge(one.link.rpartition("/")[2]) == first.id
    assert [each.receipt for each in (first, second, other)] == ["receipt-1", "receipt-2", "receipt-3"]
    assert first.code is not None
    assert first.code.isdigit()
    assert len(first.code) == 4
    assert first.code != second.code


def test_what_the_provider_confirms_is_delivered_once(desk: Desk):
    page = desk.page()
    assert page.state == "sent"
    desk.clock.tick(3)
    desk.heard({"kind": "delivered", "receipt": "receipt-1"})
    desk.clock.tick(3)
    desk.heard({"kind": "delivered", "receipt": "receipt-1"}, {"kind": "failed", "receipt": "receipt-1"})
    row = desk.row(page)
    assert row.state == "delivered"
    assert (desk.clock.now() - row.delivered_at).total_seconds() == 3
    assert desk.told("page.delivered") == 1
    assert desk.told("page.failed") == 0


def test_what_the_provider_loses_goes_by_the_next_channel_at_once(desk: Desk, mail):
    page = desk.page()
    desk.heard({"kind": "failed", "receipt": "receipt-1", "error": "the number is not in service"})
    assert desk.deliveries.wait_idle(10)
    first, second = desk.of_page(page)
    assert (first.state, first.error) == ("failed", "the number is not in service")
    assert (second.channel, second.state, second.code) == ("mail", "sent", first.code)
    assert [each["To"] for each in mail.mails] == ["mei@example.com"]
    desk.heard({"kind": "failed", "receipt": "receipt-1"})
    assert len(desk.of_page(page)) == 2


def test_a_confirmation_that_overtakes_the_commit_is_not_lost(desk: Desk, store: Store):
    page = desk.store.write(
        lambda conn: desk.deliveries.queue(
            conn,
            kind="page",
            cause="esc_9",
            incident=INCIDENT,
            person="mei",
            route=Route(channel="pager", address=MEI),
            message=Message(kind="page", subject="x", lines=()),
            at=desk.clock.now(),
            claimed=True,
        )
    )
    desk.heard({"kind": "delivered", "delivery": page.id})
    assert desk.row(page).state == "claimed"
    desk.deliveries.hand([page])
    assert desk.deliveries.wait_idle(10)
    assert desk.row(page).state == "delivered"


@pytest.mark.parametrize("name", ["receipt", "delivery", "code", "nothing"])
def test_who_was_paged_may_acknowledge_by_any_name_of_the_page(desk: Desk, name: str):
    page = desk.page()
    named = {
        "receipt": {"receipt": page.receipt},
        "delivery": {"delivery": page.id},
        "code": {"code": page.code},
    }
    answer = desk.heard({"kind": "acknowledged", "address": MEI, **named.get(name, {})})
    assert answer == f"acknowledged by mei: {INCIDENT}"
    assert desk.wishes == [(page.id, "acknowledged", "mei")]


def test_nobody_else_may(desk: Desk):
    page = desk.page()
    for report in (
        {"receipt": page.receipt, "address": JUN},
        {"delivery": page.id, "address": JUN},
        {"code": page.code, "address": JUN},
        {"code": page.code, "address": ""},
        {"address": JUN},
        {"code": "99999", "address": MEI},
        {"receipt": "unknown", "address": MEI},
    ):
        answer = desk.heard({"kind": "acknowledged", **report})
        assert answer == "No page has this number, or it was for somebody else.", report
    assert desk.wishes == []


def test_a_code_that_was_read_elsewhere_counts_from_the_pager_of_the_same_person(desk: Desk):
    page = desk.page()
    desk.heard({"kind": "failed", "receipt": "receipt-1"})
    mailed = desk.of_page(page)[1]
    assert desk.heard({"kind": "escalated", "address": MEI, "code": mailed.code}).startswith(
        "escalated by mei"
    )


def test_two_pages_with_one_number_are_not_guessed_between(desk: Desk, store: Store):
    first, second = desk.page(cause="esc_1"), desk.page(cause="esc_2")
    store.write(
        lambda conn: conn.execute(
            rows.delivery.update().where(rows.delivery.c.id == second.id).values(code=first.code)
        )
    )
    answer = desk.heard({"kind": "acknowledged", "address": MEI, "code": first.code})
    assert answer == "Several pages have this number: open the link in the message."
    assert desk.wishes == []


def test_in_a_room_whoever_the_configuration_knows_may_press(desk: Desk):
    message = Message(kind="page", subject="x", lines=(), incident=INCIDENT)
    page = desk.store.write(
        lambda conn: desk.deliveries.queue(
            conn,
            kind="page",
            cause="esc_1",
            incident=INCIDENT,
            person="channel:room",
            route=Route(channel="room", address="#ops"),
            message=message,
            at=desk.clock.now(),
            claimed=True,
        )
    )
    desk.deliveries.hand([page])
    assert desk.deliveries.wait_idle(10)
    assert desk.provider.sent[0].message.link == f"https://tocsin.example.com/incidents/{INCIDENT}"
    pressed = {"kind": "acknowledged", "delivery": page.id}
    stranger = desk.deliveries.heard("room", says({**pressed, "address": "+1"}))
    assert b"somebody else" in stranger[2]
    assert desk.deliveries.heard("room", says({**pressed, "address": "#ops"}))[2] == stranger[2]
    assert b"by jun" in desk.deliveries.heard("room", says({**pressed, "address": JUN}))[2]


def test_a_call_that_nobody_signed_changes_nothing(desk: Desk):
    page = desk.page()
    with pytest.raises(Unproven):
        desk.deliveries.heard("pager", says({"kind": "delivered", "receipt": "receipt-1"}, proof=False))
    assert desk.row(page).state == "sent"


def test_a_channel_that_is_not_there_hears_nothing(desk: Desk):
    with pytest.raises(NotFound):
        desk.deliveries.heard("gone", says())
    with pytest.raises(NotFound):  # nobody calls back for a mail
        desk.deliveries.heard("mail", says())


def test_why_a_wish_cannot_be_carried_out_is_told(desk: Desk):
    def refuse(page: Delivery, wish: str, who: str) -> str:
        raise Conflict("it is already resolved")

    page = desk.page()
    desk.deliveries.on_wish(refuse)
    told = desk.heard({"kind": "acknowledged", "address": MEI, "code": page.code})
    assert told == "it is already resolved"


def test_a_call_of_one_channel_says_nothing_about_a_page_of_another(desk: Desk):
    page = desk.page()
    desk.deliveries.heard("room", says({"kind": "failed", "delivery": page.id}))
    desk.deliveries.heard("room", says({"kind": "delivered", "receipt": "receipt-1"}))
    assert desk.row(page).state == "sent"
