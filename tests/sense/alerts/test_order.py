"""Ten thousand messages, late, shuffled and every third repeated: each alert ends as if they had come in order.

The model is the story itself: what the last message of its order said. Settling alone is played with thousands of
messages, the ledger with fewer on both databases, and with a restart in the middle.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import delete

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store
from tocsin.sense.alerts import AlertsSection, Ledger, Sender, Signal, list_alerts
from tocsin.sense.alerts.settle import Standing, settle
from tocsin.sense.alerts.store import alert, alert_event

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PROMETHEUS = Sender(key="key_a", source="alertmanager")
EVENTS = 10_000
REPEATED = 0.3


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message of the story: the beginning or the end of one episode of one alert, with the text of then."""

    alert: str
    episode: int
    over: bool

    @property
    def start(self) -> datetime:
        return NOON + timedelta(minutes=100 * self.episode)

    @property
    def end(self) -> datetime | None:
        return self.start + timedelta(minutes=40) if self.over else None

    @property
    def text(self) -> str:
        return f"{self.alert}, for the {self.episode + 1}. time"

    @property
    def signal(self) -> Signal:
        return Signal(
            labels={"alertname": self.alert, "service": "shop"},
            annotations={"summary": self.text},
            starts_at=self.start,
            ends_at=self.end,
            resolved=self.over,
        )


def story_of(lengths: Iterable[int]) -> list[Said]:
    """In order; an alert with an odd number of messages fires to the end."""
    return [
        Said(alert=f"A{number}", episode=message // 2, over=bool(message % 2))
        for number, length in enumerate(lengths)
        for message in range(length)
    ]


State = tuple[str, str, datetime, datetime | None, datetime | None, datetime | None]


def model(story: Iterable[Said]) -> dict[str, State]:
    """Each alert as its last message leaves it: state, text, times, newest start and end of the sender."""
    ends: dict[str, datetime] = {}
    last: dict[str, Said] = {}
    for said in story:
        last[said.alert] = said
        if said.end:
            ends[said.alert] = said.end
    return {
        name: (
            "resolved" if said.over else "firing",
            said.text,
            said.start,
            said.end,
            said.start,
            ends.get(name),
        )
        for name, said in last.items()
    }


def shuffled(story: list[Said], chance: random.Random) -> list[Said]:
    messages = story + chance.sample(story, int(len(story) * REPEATED))
    chance.shuffle(messages)
    return messages


class Settling:
    """Alerts as settling leaves them, with the text that the ledger would keep."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.standings: dict[str, Standing] = {}
        self.texts: dict[str, str] = {}

    def hear(self, said: Said) -> None:
        verdict = settle(
            self.standings.get(said.alert),
            said.signal,
            PROMETHEUS,
            alert_id=said.alert,
            now=self.now,
            timeout=timedelta(minutes=5),
        )
        self.standings[said.alert] = verdict.standing
        if verdict.text:
            self.texts[said.alert] = said.text

    def state(self) -> dict[str, State]:
        return {
            name: (
                each.state,
                self.texts[name],
                each.starts_at,
                each.ends_at,
                each.sender_start,
                each.sender_end,
            )
            for name, each in self.standings.items()
        }


@pytest.mark.parametrize("seed", range(3))
def test_ten_thousand_shuffled_messages_end_as_in_order(seed: int):
    chance = random.Random(seed)
    lengths: list[int] = []
    while sum(lengths) < EVENTS:
        lengths.append(chance.randint(1, 40))
    story = story_of(lengths)
    arrival = NOON + timedelta(days=30)
    in_order, in_disorder = Settling(arrival), Settling(arrival)
    for said in story:
        in_order.hear(said)
    for said in shuffled(story, chance):
        in_disorder.hear(said)
    assert in_order.state() == model(story)
    assert in_disorder.state() == model(story)


class AnyOrder(RuleBasedStateMachine):
    """Hypothesis delivers what it likes, when it likes, as often as it likes; in the end everything has come."""

    @initialize(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5), seed=st.integers(0, 10_000))
    def begin(self, lengths: list[int], seed: int) -> None:
        self.chance = random.Random(seed)
        self.story = story_of(lengths)
        self.waiting = list(self.story)
        self.settling = Settling(NOON + timedelta(days=30))

    @rule(data=st.data())
    def something_arrives(self, data: st.DataObject) -> None:
        if self.waiting:
            at = data.draw(st.integers(0, len(self.waiting) - 1))
            self.settling.hear(self.waiting.pop(at))

    @rule(data=st.data())
    def something_arrives_again(self, data: st.DataObject) -> None:
        come = [each for each in self.story if each not in self.waiting]
        if come:
            self.settling.hear(data.draw(st.sampled_from(come)))

    @rule(seconds=st.integers(1, 100_000))
    def time_passes(self, seconds: int) -> None:
        self.settling.now += timedelta(seconds=seconds)

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        self.chance.shuffle(self.waiting)
        for said in self.waiting:
            self.settling.hear(said)
        assert self.settling.state() == model(self.story)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(seed=st.integers(0, 10_000), lengths=st.lists(st.integers(1, 12), min_size=1, max_size=12))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_ledger_ends_alike_in_batches_of_any_size_and_across_a_restart(
    store: Store, clock: FrozenClock, seed: int, lengths: list[int]
):
    chance = random.Random(seed)
    story = story_of(lengths)
    clock.tick(max(0.0, (NOON + timedelta(days=30) - clock.now()).total_seconds()))
    store.write(lambda conn: (conn.execute(delete(alert)), conn.execute(delete(alert_event))))
    messages = shuffled(story, chance)
    restart = chance.randrange(len(messages))
    ledger = started(store, clock)
    while messages:
        size = chance.randint(1, 30)
        ledger.record([said.signal for said in messages[:size]], PROMETHEUS)
        if len(messages) > restart >= len(messages) - size:
            ledger.stop()
            ledger = started(store, clock)
        messages = messages[size:]
    ledger.stop()
    with store.read() as conn:
        stored = {
            each.name: (each.state, each.annotations["summary"], each.starts_at, each.ends_at)
            for each in list_alerts(conn, limit=1_000)
        }
        told = {
            (row.alert, row.episode, row.kind): row.seq
            for row in conn.execute(alert_event.select().order_by(alert_event.c.seq))
        }
    assert stored == {name: state[:4] for name, state in model(story).items()}
    for (name, episode, kind), seq in told.items():
        if kind == "resolved":
            assert told[(name, episode, "fired")] < seq, "an end is told after its beginning"


def started(store: Store, clock: FrozenClock) -> Any:
    ledger = Ledger(store, clock, AlertsSection, Bell(), lambda labels: labels.get("service") or "unassigned")
    ledger.start()
    return ledger
