"""In a storm a person is disturbed so often and no more: what is held back leaves as one message with its number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pager import Pager, Paging, Provider, says

from tocsin.act.notify import Delivery, DeliveryFailed, Message, Route, of_person
from tocsin.act.notify.attempts import of_deliveries
from tocsin.act.notify.limits import CALLS, TEXTS, Cap, room_from
from tocsin.ground import timeline
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

MEI = "+886900000001"
MINUTES = 60
FIVE_IN_A_QUARTER = (Cap(messages=5, within=timedelta(minutes=15)),)


class Storm:
    """Mei has a pager that may ring five times in a quarter of an hour, and nothing else."""

    def __init__(self, store: Store, clock: FrozenClock, deliveries: Paging, provider: Provider) -> None:
        self.store, self.clock, self.deliveries, self.provider = store, clock, deliveries, provider

    def pages(self, first: int, last: int, severity: str = "P1", step: int = 1) -> list[Delivery]:
        """One page for each of these incidents, all at once."""

        def job(conn) -> list[Delivery]:
            return [
                queued
                for number in range(first, last + 1)
                if (
                    queued := self.deliveries.queue(
                        conn,
                        kind="page",
                        cause=f"esc_{number}",
                        incident=f"INC-{number}",
                        person="mei",
                        route=Route(channel="pager", address=MEI),
                        message=Message(
                            kind="page",
                            subject=f"Shop {number} is down",
                            lines=("Service: shop",),
                            severity=severity,
                            incident=f"INC-{number}",
                        ),
                        at=self.clock.now(),
                        step=step,
                        claimed=True,
                    )
                )
            ]

        written = self.store.write(job)
        self.deliveries.hand(written)
        assert self.deliveries.wait_idle(20)
        return written

    def later(self, seconds: float) -> None:
        """Time goes by, and what is due by then leaves."""
        self.clock.tick(seconds)
        self.deliveries.sweep()
        assert self.deliveries.wait_idle(20)

    def rows(self) -> list[Delivery]:
        with self.store.read() as conn:
            return sorted(of_person(conn, "mei", limit=500), key=lambda each: each.id)

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.rows():
            found[each.state] = found.get(each.state, 0) + 1
        return found


@pytest.fixture
def storm(
    store: Store, clock: FrozenClock, configure: Callable, links: Links, outbound: Outbound, boots
) -> Iterator[Storm]:
    people = {"mei": {"name": "Mei", "addresses": {"pager": MEI}}}
    configuration = configure(people=people, channels={})
    provider = Provider()
    deliveries = Paging(
        store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boots,
        pagers={"pager": Pager(provider, outbound, caps=FIVE_IN_A_QUARTER)},
    )  # fmt: skip
    deliveries.start()
    yield Storm(store, clock, deliveries, provider)
    deliveries.stop()


def test_forty_two_incidents_ring_five_times_and_then_once_for_the_rest(storm: Storm):
    storm.pages(1, 42)
    assert len(storm.provider.sent) == 5
    assert storm.states() == {"sent": 5, "waiting": 37}
    held = [each for each in storm.rows() if each.state == "waiting"]
    assert {each.next_at - storm.clock.now() for each in held} == {timedelta(minutes=15)}
    assert {each.attempt for each in held} == {0}
    with storm.store.read() as conn:
        assert len(timeline.of_incident(conn, held[0].incident, kinds=("page.held",))) == 1

    storm.later(14 * MINUTES)
    assert len(storm.provider.sent) == 5
    storm.later(1 * MINUTES + 1)
    assert len(storm.provider.sent) == 6
    bundle = storm.provider.sent[5].message
    assert bundle.subject.startswith("37 incidents: Shop ")
    assert bundle.subject.endswith(" and 36 more")
    assert "and 31 more incidents" in bundle.lines
    assert bundle.link == "https://tocsin.example.com/incidents/" + bundle.incident
    assert storm.states() == {"sent": 42}
    with storm.store.read() as conn:
        tried = of_deliveries(conn, [each.id for each in storm.rows()])
    assert {len(each) for each in tried.values()} == {1}
    assert {each[0].outcome for each in tried.values()} == {"accepted"}


def test_the_first_page_of_a_new_urgent_incident_is_never_held_back(storm: Storm):
    storm.pages(1, 20)
    storm.pages(21, 21, severity="P0")
    assert len(storm.provider.sent) == 6
    assert storm.provider.sent[5].message.subject == "Shop 21 is down"
    storm.pages(21, 21, severity="P0", step=2)  # the second one of the same incident is one of many
    assert len(storm.provider.sent) == 6


def test_what_was_acknowledged_meanwhile_is_not_in_the_bundle(storm: Storm):
    storm.pages(1, 8)
    held = [each for each in storm.rows() if each.state == "waiting"]
    assert len(held) == 3
    for each in held[:2]:
        storm.store.write(
            lambda conn, id_=each.incident: storm.deliveries.cancel(
                conn, id_, "acknowledged", storm.clock.now()
            )
        )
    storm.later(15 * MINUTES + 1)
    assert len(storm.provider.sent) == 6
    assert storm.provider.sent[5].message.subject == held[2].message.subject
    assert storm.states() == {"sent": 6, "cancelled": 2}


def test_a_bundle_that_fails_is_tried_again_whole(storm: Storm):
    storm.pages(1, 9)
    storm.provider.failures = [DeliveryFailed("busy", permanent=False)]
    storm.later(15 * MINUTES + 1)
    assert len(storm.provider.sent) == 5
    assert storm.states() == {"sent": 5, "waiting": 4}
    storm.later(15 * MINUTES + 1)
    storm.later(15 * MINUTES + 1)
    assert storm.states() == {"sent": 9}
    named = " ".join(" ".join([each.message.subject, *each.message.lines]) for each in storm.provider.sent)
    assert all(f"Shop {number} is down" in named for number in range(1, 10))


def test_what_was_not_taken_disturbs_nobody_and_counts_for_no_cap(storm: Storm):
    storm.provider.failures = [DeliveryFailed("busy", permanent=False) for _ in range(5)]
    storm.pages(1, 5)
    assert storm.provider.sent == []
    storm.later(2)
    assert len(storm.provider.sent) == 5
    assert storm.states() == {"sent": 5}


def test_whoever_acknowledges_a_bundle_has_all_of_it(storm: Storm):
    wishes: list[str] = []

    def acknowledge(page: Delivery, wish: str, who: str) -> str:
        wishes.append(page.incident or "")
        return f"You have {page.incident}."

    storm.deliveries.on_wish(acknowledge)
    storm.pages(1, 8)
    storm.later(15 * MINUTES + 1)
    bundle = storm.provider.sent[5].message
    call = says({"kind": "acknowledged", "code": bundle.code, "address": MEI})
    answer = storm.deliveries.heard("pager", call)[2].decode()
    assert answer == f"You have {bundle.incident}. And 2 more."
    assert len(wishes) == len(set(wishes)) == 3
    assert not set(wishes) & {each.message.incident for each in storm.provider.sent[:5]}


def test_a_bundle_has_a_key_of_its_own(storm: Storm):
    storm.pages(1, 7)
    storm.later(15 * MINUTES + 1)
    keys = [each.key for each in storm.provider.sent]
    assert len(set(keys)) == 6
    assert all("+" not in key for key in keys[:5])
    assert "+" in keys[5]


def test_the_caps_of_texts_and_of_calls(clock: FrozenClock):
    start = clock.now()

    def allowed(caps: tuple[Cap, ...], hours: float) -> list[int]:
        """How many leave within a quarter, an hour and three, when somebody asks every ten seconds."""
        left = []
        for second in range(0, int(hours * 3600), 10):
            now = start + timedelta(seconds=second)
            if room_from(caps, left, now) == now:
                left.append(now)
        return [sum(each < start + timedelta(minutes=minutes) for each in left) for minutes in (15, 60, 180)]

    assert allowed(TEXTS, 3) == [5, 11, 21]
    assert allowed(CALLS, 1)[:2] == [3, 12]


def test_there_is_room_exactly_when_the_oldest_is_out_of_the_window(clock: FrozenClock):
    now = clock.now()
    left = [now - timedelta(minutes=minutes) for minutes in (14, 10, 5, 2, 1)]
    assert room_from(FIVE_IN_A_QUARTER, left, now) == now + timedelta(minutes=1)
    assert room_from(FIVE_IN_A_QUARTER, left, now + timedelta(minutes=1)) == now + timedelta(minutes=1)
    assert room_from((), left, now) == now
