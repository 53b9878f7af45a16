"""What wakes nobody is read in the morning: gathered as it happens, one message a day, in the person's own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pager import Pager, Paging, Provider
from pydantic import ValidationError

from tocsin.act.notify import DeliveryFailed, Message, Route, of_person
from tocsin.act.notify.digest import coming, times
from tocsin.act.notify.section import Digest
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

HOURS = 3600


class Morning:
    """It is 18:30 in Taipei; Mei reads what could wait at nine."""

    def __init__(self, store: Store, clock: FrozenClock, deliveries: Paging, provider: Provider) -> None:
        self.store, self.clock, self.deliveries, self.provider = store, clock, deliveries, provider

    def say(
        self, subject: str, *, kind: str = "digest", severity: str = "P2", cause: str = "", **more
    ) -> bool:
        message = Message(kind=kind, subject=subject, lines=(), severity=severity, person="mei")
        queued = self.store.write(
            lambda conn: self.deliveries.queue(
                conn,
                kind=kind,
                cause=cause or subject,
                incident=None,
                person="mei",
                route=Route(channel="pager", address="1"),
                message=message,
                at=self.clock.now(),
                claimed=kind != "digest",
                **more,
            )
        )
        if queued:
            self.deliveries.hand([queued])
        return queued is not None

    def later(self, hours: float) -> None:
        self.clock.tick(hours * HOURS)
        self.deliveries.sweep()
        assert self.deliveries.wait_idle(20)

    def digests(self) -> list[str]:
        with self.store.read() as conn:
            return [each.state for each in of_person(conn, "mei") if each.kind == "digest"]


@pytest.fixture
def morning(
    store: Store, clock: FrozenClock, configure: Callable, links: Links, outbound: Outbound, boots
) -> Iterator[Morning]:
    mei = {
        "name": "Mei", "addresses": {"pager": "1"}, "time_zone": "Asia/Taipei", "channels": ["pager"],
    }  # fmt: skip
    configuration = configure(digest={"at": "09:00", "severities": ["P3"]})
    with_pager = configuration.model_copy(
        update={"people": {"mei": type(configuration.people["mei"]).model_validate(mei)}}
    )
    provider = Provider()
    deliveries = Paging(
        store, clock, lambda: with_pager, bell=Bell(), links=links, outbound=outbound, boots=boots,
        pagers={"pager": Pager(provider, outbound)},
    )  # fmt: skip
    deliveries.start()
    yield Morning(store, clock, deliveries, provider)
    deliveries.stop()


def test_what_could_wait_is_one_message_in_the_morning(morning: Morning):
    for subject in ("The disk fills slowly", "A certificate ends in a month"):
        assert not morning.say(subject)
    assert not morning.say("The disk fills slowly")  # the same, once more
    with morning.store.read() as conn:
        [next_] = coming(conn)
    assert (next_.person, next_.channel, next_.lines) == ("mei", "pager", 2)
    assert next_.due_at == datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

    morning.later(14.4)
    assert morning.provider.sent == []
    morning.later(0.2)
    [sent] = morning.provider.sent
    assert sent.message.kind == "digest"
    assert sent.message.subject == "What could wait (2)"
    assert sent.message.lines == (
        "Sat 21 Nov, 18:30: The disk fills slowly",
        "Sat 21 Nov, 18:30: A certificate ends in a month",
    )
    assert sent.message.link == "https://tocsin.example.com/"
    assert morning.digests() == ["sent"]
    with morning.store.read() as conn:
        assert coming(conn) == []


def test_notices_of_a_low_severity_wait_and_others_do_not(morning: Morning):
    assert not morning.say("Nobody minds", kind="notice", severity="P3")
    assert morning.say("Somebody minds", kind="notice", severity="P1")
    assert morning.deliveries.wait_idle(20)
    assert [each.message.subject for each in morning.provider.sent] == ["Somebody minds"]
    assert morning.say("A page of any severity", kind="page", severity="P3")


def test_what_quiet_hours_hold_back_beyond_nine_waits_for_the_next_day(morning: Morning):
    morning.say("First")
    morning.say("Second", due_at=morning.clock.now() + timedelta(hours=16))
    morning.later(15)
    assert morning.provider.sent[0].message.lines[0].endswith("First")
    assert len(morning.provider.sent[0].message.lines) == 1
    morning.later(24)
    assert morning.provider.sent[1].message.lines[0].endswith("Second")


def test_what_comes_while_a_digest_is_tried_again_is_in_the_next_one(morning: Morning):
    morning.say("First")
    morning.provider.failures = [DeliveryFailed("busy", permanent=False)]
    morning.later(14.6)
    assert morning.digests() == ["waiting"]
    morning.say("Second")
    morning.later(0.1)
    assert [each.message.subject for each in morning.provider.sent] == ["What could wait (1)"]
    assert morning.provider.sent[0].message.lines[0].endswith("First")
    morning.later(24)
    assert morning.provider.sent[1].message.lines[0].endswith("Second")


def test_a_long_digest_names_the_first_fifty_and_counts_the_rest(morning: Morning):
    for number in range(60):
        morning.say(f"Line {number}")
    morning.later(14.6)
    lines = morning.provider.sent[0].message.lines
    assert len(lines) == 51
    assert lines[-1] == "and 10 more, which Tocsin shows"


def test_nine_in_the_morning_is_that_of_the_wall_in_every_season():
    taipei = times(time(9), "Asia/Taipei", datetime(2026, 11, 22, 1, 0, tzinfo=UTC))
    assert next(taipei) == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    for after in (datetime(2026, 3, 7, 20, tzinfo=UTC), datetime(2026, 10, 31, 20, tzinfo=UTC)):
        found = list(times(time(9), zone.key, after))
        assert [each.astimezone(zone).hour for each in found] == [9] * len(found)
        assert len(found) >= 6


@pytest.mark.parametrize("at", ["9:00", "24:00", "09:00:00", "nine", 540, 9.5])
def test_a_time_of_day_is_written_one_way(at: object):
    with pytest.raises(ValidationError, match="no time of day"):
        Digest.model_validate({"at": at})


def test_a_time_of_day_is_read_and_written_the_same():
    assert Digest.model_validate({"at": "08:30"}).model_dump(mode="json")["at"] == "08:30"
