"""A rule that a run switches off is noted by itself, nags whoever did it, and ends when a run switches it on again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from burning import Burning

from tocsin.act import notify
from tocsin.ground import timeline
from tocsin.ground.timeline import Followers
from tocsin.respond.rollout import Makeshift


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Burning]:
    opened = Burning(tmp_path)
    yield opened
    opened.close()


class Room:
    """An incident, and steps that end well as the engine would tell it."""

    def __init__(self, house: Burning) -> None:
        self.house = house
        self.app = house.app
        declared = house.app.incidents.declare("Nobody can sign in", "recommendation", "P0", "", "person:mei")
        self.incident = declared.id
        self.followers = Followers(house.app.store)
        house.app.repairs.follow(self.followers)
        self.settle()

    def settle(self) -> None:
        while self.followers.step():
            pass

    def does(self, action: str, **arguments: Any) -> None:
        def job(conn: Any) -> None:
            told = {"target": None, "service": "", "incident": self.incident, "actor": "person:mei"}
            run = self.app.runs.begin_action(conn, action, arguments, mode="guided", **told)
            now = self.house.clock.now()
            done = {"run": run, "step": "action", "title": action, "ok": True}
            timeline.append(conn, self.incident, "run.step.finished", f"run:{run}", now, **done)

        self.app.store.write(job)
        self.settle()

    def standing(self) -> list[Makeshift]:
        with self.app.store.read() as conn:
            return self.app.repairs.makeshifts.list(conn, only_open=True)

    def pass_time(self, length: timedelta) -> None:
        self.house.clock.tick(length.total_seconds())
        while self.app.engine.timers.sweep():
            pass

    def reminded(self) -> list[str]:
        with self.app.store.read() as conn:
            sent = notify.of_incident(conn, self.incident)
        return [each.person or "" for each in sent if each.cause.startswith("mks_")]


@pytest.fixture
def room(house: Burning) -> Room:
    return Room(house)


def test_a_rule_that_a_step_switches_off_comes_back_as_a_clock_until_it_is_on_again(room: Room):
    room.does("docker.restart", container="api")
    assert room.standing() == [], "what leaves nothing off is not noted"
    room.does("cloudflare.rule_off", rule="no bots", reason="it blocks people", back_within="2h")
    (off,) = room.standing()
    assert (off.kind, off.by, off.reason, off.incident) == (
        "rule",
        "person:mei",
        "it blocks people",
        room.incident,
    )
    assert "no bots" in off.what
    assert off.due_at - off.began_at == timedelta(hours=2)

    room.pass_time(timedelta(minutes=119))
    assert room.reminded() == []
    room.pass_time(timedelta(minutes=2))
    assert room.reminded() == ["mei"]
    room.pass_time(timedelta(hours=2, minutes=1))
    assert sorted(room.reminded()) == ["jun", "mei", "mei"], "by now those who are on call have to know"

    room.does("cloudflare.rule_on", rule="another one")
    assert [each.id for each in room.standing()] == [off.id]
    room.does("cloudflare.rule_on", rule="no bots", phase="custom")
    assert room.standing() == []
    count = len(room.reminded())
    room.pass_time(timedelta(days=1))
    assert len(room.reminded()) == count


def test_when_the_incident_is_over_whoever_left_a_rule_off_hears_of_it_at_once(room: Room):
    room.does("cloudflare.route_off", pattern="shop.example.com/*", worker="guard", reason="it throws")
    room.app.incidents.resolve(room.incident, "the Worker was mended", "person:mei")
    room.settle()
    room.pass_time(timedelta(seconds=1))
    assert room.reminded() == ["mei"]
    (off,) = room.standing()
    assert off.nagged == 1
