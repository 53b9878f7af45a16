"""A rule that a run switches off is noted by itself, nags whoever did it, and ends when a run switches it on again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from burning import Burning
from sqlalchemy import select

from tocsin.act import notify
from tocsin.act.notify.store import delivery
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

    def does(
        self,
        action: str,
        /,
        service: str = "",
        actor: str = "person:mei",
        mode: str = "guided",
        **arguments: Any,
    ) -> None:
        """A run of one step that ends well; about the incident unless it names a service."""

        def job(conn: Any) -> None:
            about = {"service": service, "incident": None if service else self.incident}
            id_ = self.app.runs.begin_action(
                conn, action, arguments, target=None, actor=actor, mode=mode, **about
            )
            run, plan = self.app.runs.get(conn, id_), self.app.runs.plan(conn, id_)
            self.app.repairs.makeshifts.ended(conn, run, plan.diagnosis[0])

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

    def reminded_without_incident(self) -> list[str]:
        with self.app.store.read() as conn:
            found = conn.execute(
                select(delivery.c.person).where(delivery.c.incident.is_(None), delivery.c.cause.like("mks_%"))
            )
            return [row.person for row in found.all()]


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


def test_a_rule_that_a_run_without_an_incident_switches_off_is_noted_as_well(room: Room):
    wanted = {"pattern": "shop.example.com/*", "worker": "guard"}
    reason = {"reason": "it throws", "back_within": "30m"}
    room.does("cloudflare.route_off", service="recommendation", mode="drill:simulated", **wanted, **reason)
    assert room.standing() == [], "a drill switches nothing off"
    room.does("cloudflare.route_off", service="recommendation", **wanted, **reason)
    (off,) = room.standing()
    assert (off.service, off.incident, off.reason) == ("recommendation", None, "it throws")
    assert off.due_at - off.began_at == timedelta(minutes=30)
    room.pass_time(timedelta(minutes=31))
    assert room.reminded_without_incident() == ["mei"]

    room.does("cloudflare.route_on", service="transcripts", **wanted)
    assert [each.id for each in room.standing()] == [off.id], "that is another service's"
    room.does("cloudflare.route_on", service="recommendation", **wanted)
    assert room.standing() == []
