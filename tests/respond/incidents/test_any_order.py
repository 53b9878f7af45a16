"""Messages late, shuffled and repeated: each incident ends as it does for the twin that heard them in order.

Two services hear the same story, one in its order, one in none. While it is told, time goes by, so that soaks end,
incidents are resolved and opened again on both sides; in the end nobody may see which of the two it was.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room

from tocsin.configuration import Configuration
from tocsin.ground.kernel.settings import Holder
from tocsin.sense.alerts import Sender, Signal, list_alerts

SENDER = Sender(key="key_1", source="alertmanager")
TWINS = ("orderly", "disorderly")
ALERTS = 12
REPEATED = 0.3
Message = tuple[int, int, bool]
"""The number of an alert and of its episode, and whether the episode is over."""


@pytest.fixture
def begun(configured: Holder[Configuration], room: Room) -> datetime:
    twin = {**CONFIGURATION["services"]["shop"], "checks": []}
    services: dict[str, Any] = {name: {**twin, "match": [{"twin": name}]} for name in TWINS}
    configured.swap(Configuration.model_validate({**CONFIGURATION, "services": services}))
    return room.clock.now()


def story(chance: random.Random) -> list[Message]:
    """Each alert begins and ends some times, and every other one fires to the end; alert by alert, in order."""
    counts = [chance.randint(1, 5) for _ in range(ALERTS)]
    return [
        (alert, message // 2, bool(message % 2))
        for alert, count in enumerate(counts)
        for message in range(count)
    ]


def signal(twin: str, message: Message, begun: datetime) -> Signal:
    alert, episode, over = message
    start = begun - timedelta(days=1) + timedelta(minutes=30 * episode)
    return Signal(
        labels={"alertname": f"Alert{alert}", "twin": twin, "availability": "0" if alert % 3 else "0.9"},
        annotations={"summary": f"Alert {alert} for the {episode + 1}. time"},
        starts_at=start,
        ends_at=start + timedelta(minutes=10) if over else None,
        resolved=over,
    )


def tell(room: Room, twin: str, messages: list[Message], begun: datetime, chance: random.Random) -> None:
    """In parts of any size, each judged before the next, with some time between."""
    left = list(messages)
    while left:
        size = chance.randint(1, 8)
        room.ledger.record([signal(twin, each, begun) for each in left[:size]], SENDER)
        left = left[size:]
        while room.triage.step():
            pass
        room.pass_time(chance.choice((0, 0, 20, 400)), step=80)


def seen(room: Room, twin: str) -> tuple[dict[str, tuple[str, str]], list[tuple[str, list[str]]]]:
    """Each alert with its state and text; each incident that is not over with the alerts that fire in it."""
    with room.store.read() as conn:
        alerts = {
            each.name: (each.state, each.annotations["summary"])
            for each in list_alerts(conn, limit=1_000)
            if each.labels["twin"] == twin
        }
        going_on = [
            (
                each.state,
                sorted(one.name for one in room.incidents.alerts(conn, each.id) if one.state == "firing"),
            )
            for each in room.incidents.list(conn, limit=1_000)
            if each.service == twin and each.state not in ("resolved", "closed")
        ]
    return alerts, going_on


@pytest.mark.parametrize("seed", range(3))
def test_incidents_end_alike_in_any_order(room: Room, begun: datetime, seed: int):
    chance = random.Random(seed)
    in_order = story(chance)
    in_disorder = in_order + chance.sample(in_order, int(len(in_order) * REPEATED))
    chance.shuffle(in_disorder)
    tell(room, "orderly", in_order, begun, chance)
    tell(room, "disorderly", in_disorder, begun, chance)
    room.pass_time(900, step=60)
    while room.triage.step():
        pass
    room.pass_time(900, step=60)
    orderly, disorderly = seen(room, "orderly"), seen(room, "disorderly")
    assert disorderly == orderly
    firing = sorted(name for name, (state, _) in orderly[0].items() if state == "firing")
    assert [names for _, names in orderly[1]] == ([firing] if firing else [])
