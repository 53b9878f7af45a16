"""Is it real? Real servers on the loopback: an edge, an origin behind it, each taken away in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from edge import Edge, Origin
from incident_room import CONFIGURATION, Room

from tocsin.act.checks import look_around
from tocsin.act.notify import of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.timeline import Followers, sentence
from tocsin.respond.incidents import Reality, Scout

ENDPOINTS = ("health", "orders", "search")


class Watched:
    """A room with a scout that looks for real, driven step by step."""

    def __init__(self, room: Room, edge: Edge, origin: Origin) -> None:
        self.room, self.edge, self.origin = room, edge, origin
        self.outbound = Outbound()
        self.asked: list[str] = []
        self.scout = Scout(room.triage.desk, self.look)
        self.restart()

    def look(self, service: Service) -> Any:
        self.asked.append(service.title)
        return look_around(service, self.outbound, self.room.clock)

    def restart(self) -> None:
        """Another process takes over: it knows only what is in the store."""
        self.scout = Scout(self.room.triage.desk, self.look)
        self.followers = Followers(self.room.store)
        self.scout.follow(self.followers)

    def follow(self) -> None:
        while self.followers.step():
            pass

    def settle(self) -> None:
        self.follow()
        while self.room.timers.sweep():
            pass

    def outage(self, **labels: str) -> str:
        self.room.fire(job="shop-web", **(labels or {"availability": "0"}))
        return self.room.only().id

    def answers(self, incident: str) -> list[Reality]:
        with self.room.store.read() as conn:
            events = timeline.of_incident(conn, incident, kinds=("reality.checked",))
            newest = self.room.incidents.reality(conn, incident)
        assert (newest is None) == (not events)
        return [newest] * len(events) if newest else []

    def told(self, incident: str, language: str) -> str:
        with self.room.store.read() as conn:
            events = timeline.of_incident(conn, incident, kinds=("reality.checked",))
        return sentence(events[-1], language)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


@pytest.fixture
def edge(origin: Origin) -> Iterator[Edge]:
    with Edge(origin) as running:
        yield running


@pytest.fixture
def configured(edge: Edge, origin: Origin) -> Holder[Configuration]:
    endpoints = {
        name: {"url": f"http://127.0.0.1:{edge.port}/{name}", "origin": f"127.0.0.1:{origin.port}"}
        for name in ENDPOINTS
    }
    services: dict[str, Any] = {"shop": {**CONFIGURATION["services"]["shop"], "endpoints": endpoints}}
    return Holder(Configuration.model_validate({**CONFIGURATION, "services": services}))


@pytest.fixture
def watched(room: Room, edge: Edge, origin: Origin) -> Iterator[Watched]:
    put_together = Watched(room, edge, origin)
    yield put_together
    put_together.outbound.close()


def test_when_the_edge_is_gone_the_page_has_left_before_anybody_looks(watched: Watched):
    watched.edge.stop()
    incident = watched.outage()
    assert watched.room.pages(incident)[0] == ("mei", "claimed"), "paged at once"
    assert watched.asked == []
    watched.settle()
    (answer,) = watched.answers(incident)
    assert (answer.verdict, answer.side, answer.reach) == ("confirmed", "infrastructure", "all")
    assert answer.outcome == "Confirmed: 3 of 3 endpoints fail"
    assert answer.why == "Infrastructure: the origin answers, the edge does not"
    assert "CDN" in " ".join(answer.advice)
    assert {(look.point, look.way, look.ok) for look in answer.looks} == {
        (name, way, way == "origin") for name in ENDPOINTS for way in ("edge", "origin")
    }
    assert answer.by == "tocsin"


def test_when_the_origin_is_gone_it_says_so(watched: Watched):
    watched.origin.stop()
    incident = watched.outage()
    watched.settle()
    (answer,) = watched.answers(incident)
    assert (answer.side, answer.why) == (
        "infrastructure",
        "Infrastructure: the origin cannot be reached either",
    )


def test_when_two_of_three_answer_badly_the_application_is_meant(watched: Watched):
    watched.origin.statuses |= {"/orders": 500, "/search": 500}
    incident = watched.outage()
    watched.settle()
    (answer,) = watched.answers(incident)
    assert (answer.verdict, answer.side, answer.reach) == ("confirmed", "application", "many")
    assert answer.outcome == "Confirmed: 2 of 3 endpoints fail"


def test_what_is_not_confirmed_is_not_resolved(watched: Watched):
    incident = watched.outage()
    watched.settle()
    (answer,) = watched.answers(incident)
    assert (answer.verdict, answer.outcome) == ("not_confirmed", "Not confirmed: 3 of 3 endpoints answer")
    assert any("Nothing was resolved by it" in each for each in answer.advice)
    assert watched.room.only().state == "triggered"


def test_the_answer_is_told_in_both_languages(watched: Watched):
    watched.edge.stop()
    incident = watched.outage()
    watched.settle()
    assert watched.told(incident, "en") == (
        "Is it real? Confirmed: 3 of 3 endpoints fail. Infrastructure: the origin answers, the edge does not."
    )
    chinese = watched.told(incident, "zh_Hant")
    assert "3 個端點中有 3 個失敗" in chinese
    assert "Confirmed" not in chinese
    assert "Infrastructure" not in chinese


def test_a_level_that_does_not_ask_is_not_looked_at_until_it_is_raised(watched: Watched):
    incident = watched.room.incidents.declare("Slow", "shop", "P3", "", "person:jun").id
    watched.settle()
    assert watched.answers(incident) == []
    watched.room.incidents.set_severity(incident, "P1", "it spreads", "person:jun")
    watched.settle()
    assert len(watched.answers(incident)) == 1
    watched.room.incidents.set_severity(incident, "P0", "it spreads on", "person:jun")
    watched.settle()
    assert len(watched.asked) == 1, "once for each opening"


def test_of_a_service_that_says_nothing_of_itself_nobody_asks_by_themselves(watched: Watched):
    incident = watched.room.incidents.declare("Something is wrong", "", "P0", "", "person:jun").id
    watched.settle()
    assert watched.answers(incident) == []
    answer = watched.scout.check(incident, "person:jun")
    assert (answer.verdict, answer.advice[0].partition(";")[0]) == (
        "unknown",
        "Give it endpoints or checks in the configuration",
    )


def test_opened_again_it_is_looked_at_again(watched: Watched):
    incident = watched.outage()
    watched.settle()
    watched.room.incidents.resolve(incident, "gone", "person:mei")
    watched.room.incidents.reopen(incident, "back", "person:mei")
    watched.settle()
    assert len(watched.answers(incident)) == 2


def test_a_process_that_dies_before_it_looked_is_caught_up_with(watched: Watched):
    incident = watched.outage()
    watched.restart()  # before the follower has read anything
    watched.follow()
    watched.restart()  # before the timer was due
    watched.settle()
    assert len(watched.answers(incident)) == 1


def test_a_process_that_dies_while_it_looks_is_caught_up_with(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    incident = watched.outage()
    with monkeypatch.context() as patched:
        # It is put into the pool, and nothing ever comes of it.
        patched.setattr(watched.scout, "_pool", SimpleNamespace(submit=lambda _: None))
        watched.settle()
    assert watched.answers(incident) == []
    watched.restart()
    watched.room.pass_time(29)
    assert watched.answers(incident) == []
    watched.room.pass_time(2)
    assert len(watched.answers(incident)) == 1
    watched.room.pass_time(120)
    assert len(watched.answers(incident)) == 1


def test_a_look_that_breaks_is_tried_again(watched: Watched):
    broken: list[Callable[..., Any]] = [watched.look]

    def look(service: Service) -> Any:
        if broken:
            broken.pop()
            raise RuntimeError("the network card is on fire")
        return watched.look(service)

    watched.scout = Scout(watched.room.triage.desk, look)
    watched.followers = Followers(watched.room.store)
    watched.scout.follow(watched.followers)
    incident = watched.outage()
    watched.settle()
    assert watched.answers(incident) == []
    watched.room.pass_time(31)
    assert len(watched.answers(incident)) == 1


def test_what_ended_before_anybody_could_look_is_left_alone(watched: Watched):
    incident = watched.outage()
    watched.room.incidents.resolve(incident, "gone", "person:mei")
    watched.settle()
    assert watched.answers(incident) == []


def test_a_person_may_ask_again_and_gets_the_answer(watched: Watched):
    watched.edge.stop()
    incident = watched.outage()
    watched.settle()
    watched.origin.stop()
    answer = watched.scout.check(incident, "person:mei")
    assert (answer.why, answer.by) == ("Infrastructure: the origin cannot be reached either", "person:mei")
    watched.scout.ask(incident, "person:jun")
    watched.settle()
    assert len(watched.answers(incident)) == 3
    with pytest.raises(NotFound):
        watched.scout.check("INC-2026-9999", "person:mei")


def test_who_is_paged_later_reads_what_was_found(watched: Watched):
    watched.edge.stop()
    incident = watched.outage()
    watched.settle()
    with watched.room.store.read() as conn:
        first = next(each for each in of_incident(conn, incident) if each.person == "mei")
    assert not any("Is it real?" in line for line in first.message.lines)
    watched.room.clock.tick(301)
    watched.room.deliveries.sweep()
    with watched.room.store.read() as conn:
        later = next(each for each in of_incident(conn, incident) if each.person == "jun")
    assert any("Is it real? Confirmed: 3 of 3 endpoints fail" in line for line in later.message.lines)
