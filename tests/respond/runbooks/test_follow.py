"""A runbook is offered, or starts by itself, when an incident begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.catalogue import Service
from tocsin.ground.timeline import Followers
from tocsin.respond.incidents import Incident, Incidents
from tocsin.respond.runbooks import store as rows
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.follow import MOST, Matcher
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.match import Match
from tocsin.sense.measures import store as measures

Make = Callable[..., Any]
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
INCIDENT = Incident(
    id="INC-2026-0001",
    title="Shop is down",
    service="shop",
    severity="P0",
    state="triggered",
    source="monitor",
    policy="default",
    rule={},
    started_at=NOON,
    detected_at=NOON,
    acknowledged_at=None,
    acknowledged_by=None,
    mitigated_at=None,
    soak_until=None,
    resolved_at=None,
    closed_at=None,
    updated_at=NOON,
)


@dataclass
class House:
    """The incidents and the library, as far as a matcher looks at them."""

    incident: Incident = INCIDENT
    fitting: list[Document] = field(default_factory=list)
    sure: bool = True
    date: datetime = NOON
    measured: dict[str, float] = field(default_factory=dict[str, float])

    def dated(self, path: str) -> datetime:
        return self.date

    def owner(self, document: Document) -> str:
        return ""

    def get(self, conn: Connection, id_: str) -> Incident:
        return self.incident

    def alerts(self, conn: Connection, id_: str) -> list[Any]:
        return []

    def matches(
        self, name: str, service: Service, told: Any, severity: str, measured: dict[str, float]
    ) -> list[Match]:
        self.measured = measured
        return [Match(document=document, why="it fits", sure=self.sure) for document in self.fitting]


@pytest.fixture
def house(hall: Any) -> House:
    house = House()
    matcher = Matcher(hall.workshop, hall.runs, cast(Library, house), cast(Incidents, house))
    hall.followers = Followers(hall.store)
    matcher.follow(hall.followers)
    return house


def happens(hall: Any, kind: str) -> None:
    hall.store.write(lambda conn: timeline.append(conn, INCIDENT.id, kind, "tocsin", NOON))
    hall.followers.step()


def runs(hall: Any) -> list[rows.Run]:
    with hall.store.read() as conn:
        return hall.runs.of_incident(conn, INCIDENT.id)


@pytest.fixture
def documents(hall: Any, house: House, make_step: Make, make_document: Make) -> None:
    step = make_step("restart", "true", level="change")
    house.fitting = [
        make_document([step], path="read.md", title="Read me"),
        make_document([step], path="auto.md", title="By itself", start="automatic"),
        make_document([step], path="other.md", title="Also by itself", start="automatic"),
    ]
    hall.world.documents = {document.path: document for document in house.fitting}


def test_what_fits_is_asked_with_what_monitors_have_measured_of_late(hall: Any, house: House):
    now = hall.clock.now()

    def measured(conn: Connection) -> None:
        measures.put(conn, "shop", {"users": 12.0}, now, now + timedelta(minutes=1))
        measures.put(conn, "shop", {"crashes": 3.0}, now - timedelta(hours=1), now - timedelta(minutes=58))
        measures.put(conn, "bank", {"users": 5.0}, now, now + timedelta(minutes=1))

    hall.store.write(measured)
    happens(hall, "incident.opened")
    assert house.measured == {"users": 12.0}


@pytest.mark.usefixtures("documents")
def test_what_fits_is_offered_and_the_first_automatic_one_starts(hall: Any, house: House):
    happens(hall, "incident.opened")
    assert [event.data["runbook"] for event in hall.story() if event.kind == "run.offered"] == [
        "read.md",
        "auto.md",
        "other.md",
    ]
    assert [(run.path, run.mode, run.allowed, run.actor) for run in runs(hall)] == [
        ("auto.md", "automatic", "change", "tocsin")
    ]


@pytest.mark.usefixtures("documents")
def test_what_fits_by_its_words_alone_is_offered_and_does_not_start(hall: Any, house: House):
    house.sure = False
    happens(hall, "incident.opened")
    assert [event.data["title"] for event in hall.story() if event.kind == "run.offered"][:1] == ["Read me"]
    assert runs(hall) == []


@pytest.mark.usefixtures("documents")
def test_an_offer_says_what_is_known_against_the_runbook(hall: Any, house: House):
    house.date = datetime(2020, 2, 29, tzinfo=UTC)
    happens(hall, "incident.opened")
    [offered, *_] = [event for event in hall.story() if event.kind == "run.offered"]
    assert timeline.sentence(offered) == "Runbook offered: Read me (since 2020-03-30 its review is overdue)"
    assert timeline.sentence(offered, "zh_Hant") == "建議手冊：Read me（自 2020-03-30 起逾期未審閱）"


@pytest.mark.usefixtures("documents")
def test_a_service_that_allows_nothing_only_gets_offers(hall: Any, house: House):
    hall.world.service = Service(title="Shop", automatic="none")
    happens(hall, "incident.opened")
    assert runs(hall) == []


@pytest.mark.usefixtures("documents")
def test_one_run_at_a_time_and_not_for_ever(hall: Any, house: House):
    happens(hall, "incident.opened")
    happens(hall, "incident.reopened")
    assert len(runs(hall)) == 1
    for _ in range(MOST + 2):
        for run in runs(hall):
            hall.store.write(lambda conn, run=run: rows.change(conn, run.id, state="failed"))
        happens(hall, "incident.reopened")
    assert len(runs(hall)) == MOST
    assert sum(event.kind == "run.offered" for event in hall.story()) == 3


@pytest.mark.usefixtures("documents")
def test_an_incident_that_is_over_already_starts_nothing(hall: Any, house: House):
    house.incident = replace(INCIDENT, state="resolved")
    happens(hall, "incident.opened")
    assert runs(hall) == []


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize(
    ("state", "after"), [("waiting", "cancelled"), ("paused", "cancelled"), ("running", "running")]
)
def test_when_the_incident_is_over_a_run_that_waits_is_over(hall: Any, house: House, state: str, after: str):
    happens(hall, "incident.opened")
    (run,) = runs(hall)
    hall.store.write(lambda conn: rows.change(conn, run.id, state=state))
    happens(hall, "incident.resolved")
    assert [run.state for run in runs(hall)] == [after]
