"""Once a day, who owns overdue reviews hears of them: in their language, never twice, also after a restart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver

from tocsin.act.notify import ChannelSection, Deliveries, Delivery, of_person
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.engine.boots import Boots
from tocsin.ground.engine.timers import Timers
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.respond.runbooks import review
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.review_reminders import Reminders, people_of
from tocsin.respond.runbooks.section import LibrarySection

MORNING = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)  # 08:30 in Taipei, half an hour before the reminder
HOUR = 3_600
TEAM: dict[str, Any] = {
    "time_zone": "Asia/Taipei",
    "channels": {"hook": {"kind": "webhook"}},
    "people": {
        "mei": {"name": "Mei-Ling Chen", "webhook": "http://127.0.0.1:1/mei"},
        "jun": {"name": "Jun Wu", "webhook": "http://127.0.0.1:1/jun", "language": "zh_Hant"},
        "ana": {"name": "Ana", "webhook": "http://127.0.0.1:1/ana"},
        "bot": {"name": "Nobody can reach me"},
    },
    "teams": {
        "backend": {"title": "Backend", "members": ["mei", "jun"]},
        "data": {"title": "Data", "members": ["mei"], "lead": "ana"},
    },
}


class Configuration(LibrarySection, ChannelSection, CatalogueSection):
    """The sections that a reminder reads."""


class Office:
    """A library of old runbooks, and a process that comes and goes."""

    def __init__(self, folder: Path, store: Store, hook: str) -> None:
        self.folder = folder
        self.store = store
        self.clock = FrozenClock(MORNING)
        team = {**TEAM, "people": {**TEAM["people"], "mei": {**TEAM["people"]["mei"], "webhook": hook}}}
        self.current = Configuration.model_validate(team)
        self.boots = Boots(store, self.clock)
        self.boots.begin()
        self.library = Library(lambda: self.current, folder, self.clock)
        self.deliveries = Deliveries(
            store,
            self.clock,
            lambda: self.current,
            bell=Bell(),
            links=Links(lambda: "https://tocsin.example.com", b"k" * 32),
            outbound=Outbound(),
            boots=self.boots,
        )
        self.timers = Timers(store, self.clock, self.boots)

    def begins(self) -> None:
        """A process starts, the same or another one."""
        self.timers = Timers(self.store, self.clock, self.boots)
        Reminders(
            self.store,
            self.clock,
            self.library,
            people=lambda: self.current,
            settings=lambda: self.current,
            deliveries=self.deliveries,
            timers=self.timers,
        ).start()
        self.timers.sweep()

    def later(self, seconds: float) -> None:
        self.clock.tick(seconds)
        self.timers.sweep()

    def write(self, path: str, owner: str, dated: datetime) -> None:
        file = self.folder / "runbooks" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\nowner: {owner}\n---\n# {path} is down\n")
        os.utime(file, (dated.timestamp(), dated.timestamp()))

    def told(self, person: str) -> list[Delivery]:
        """What was written for a person, the oldest first."""
        with self.store.read() as conn:
            return of_person(conn, person)[::-1]


@pytest.fixture
def hook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def office(tmp_path: Path, store: Store, hook: Receiver) -> Office:
    office = Office(tmp_path, store, hook.url)
    office.write("old.md", "mei", datetime(2026, 10, 1, tzinfo=UTC))
    office.write("fresh.md", "mei", datetime(2026, 11, 20, tzinfo=UTC))
    return office


def test_at_the_hour_the_owner_is_told_what_is_overdue(office: Office):
    office.begins()
    assert office.told("mei") == []

    office.later(HOUR / 2)

    [sent] = office.told("mei")
    assert sent.message is not None
    assert (sent.kind, sent.incident) == ("notice", None)
    assert sent.message.subject == "A runbook waits for your review: old.md is down"
    assert sent.message.lines == (
        "old.md is down (old.md): due on 2026-10-31, never reviewed, and dated 2026-10-01",
    )


def test_the_message_leaves(office: Office, hook: Receiver):
    office.deliveries.start()
    try:
        office.begins()
        office.later(HOUR)
        assert office.deliveries.wait_idle(10)
    finally:
        office.deliveries.stop()

    [(_, _, body)] = hook.messages
    assert "old.md is down" in str(body)


def test_it_comes_each_day_until_it_is_reviewed(office: Office):
    office.begins()
    for seconds in (HOUR, 24 * HOUR, 24 * HOUR):
        office.later(seconds)
    assert len(office.told("mei")) == 3

    document = office.library.get("old.md")
    office.store.write(lambda conn: review.record(conn, document, office.clock.now(), by="person:mei"))
    office.later(24 * HOUR)
    assert len(office.told("mei")) == 3


def test_a_restart_neither_loses_a_day_nor_tells_it_twice(office: Office):
    office.begins()
    office.clock.tick(2 * HOUR)  # down at the hour of the reminder
    office.begins()
    assert len(office.told("mei")) == 1

    office.later(60)
    office.begins()
    office.later(60)
    assert len(office.told("mei")) == 1

    office.later(24 * HOUR)
    assert len(office.told("mei")) == 2


def test_each_person_gets_one_message_for_all_that_is_theirs(office: Office):
    office.write("second.md", "Mei-Ling Chen", datetime(2026, 9, 1, tzinfo=UTC))
    office.write("team.md", "Backend", datetime(2026, 9, 1, tzinfo=UTC))
    office.write("data.md", "data", datetime(2026, 9, 1, tzinfo=UTC))
    office.write("bots.md", "bot", datetime(2026, 9, 1, tzinfo=UTC))
    office.write("nobodys.md", "whoever", datetime(2026, 9, 1, tzinfo=UTC))

    office.begins()
    office.later(HOUR)

    [mei], [jun], [ana] = (office.told(person) for person in ("mei", "jun", "ana"))
    assert mei.message is not None
    assert jun.message is not None
    assert ana.message is not None
    assert mei.message.subject == "3 runbooks wait for your review"
    assert [line.partition(" ")[0] for line in mei.message.lines] == ["second.md", "team.md", "old.md"]
    assert jun.message.subject == "有一份手冊等待你審閱：team.md is down"
    assert "從未審閱，檔案日期為 2026-09-01" in jun.message.lines[0]
    assert ana.message.subject == "A runbook waits for your review: data.md is down"
    assert office.told("bot") == []


def test_a_long_list_is_cut_and_says_so(office: Office):
    for number in range(30):
        office.write(f"{number:02}.md", "ana", datetime(2026, 9, 1, tzinfo=UTC))
    office.begins()
    office.later(HOUR)

    [sent] = office.told("ana")
    assert sent.message is not None
    assert sent.message.subject == "30 runbooks wait for your review"
    assert len(sent.message.lines) == 21
    assert sent.message.lines[-1] == "… and 10 more"


@pytest.mark.parametrize(
    ("owner", "people"),
    [
        ("mei", ["mei"]),
        ("@mei", ["mei"]),
        ("mei-ling chen", ["mei"]),
        ("Backend", ["mei", "jun"]),
        ("data", ["ana"]),
        ("the night shift", []),
        ("", []),
    ],
)
def test_whom_an_owner_means(owner: str, people: list[str]):
    assert people_of(Configuration.model_validate(TEAM), owner) == people
