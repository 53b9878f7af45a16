"""Which rules cry wolf? Told by what became of their incidents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from incident_room import Room

from tocsin.ground.timeline import Followers
from tocsin.learn.analytics import Outcomes, RuleNoise, noise
from tocsin.sense.alerts import list_alerts

MONTH = timedelta(days=30)


class Counted:
    """A room whose ends are counted."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.followers = Followers(room.store)
        Outcomes(room.incidents).follow(self.followers)

    def count(self) -> dict[str, RuleNoise]:
        while self.followers.step():
            pass
        now = self.room.clock.now()
        with self.room.store.read() as conn:
            rules = noise(conn, now - MONTH, now + timedelta(seconds=1))
        assert [each.score for each in rules] == sorted((each.score for each in rules), reverse=True)
        return {each.name: each for each in rules}

    def only(self) -> RuleNoise:
        (rule,) = self.count().values()
        return rule

    def fire(self, name: str = "Down") -> str:
        self.room.fire(name, job="shop-web", availability="0")
        with self.room.store.read() as conn:
            return self.room.incidents.list(conn)[0].id

    def clear(self, name: str = "Down") -> None:
        self.room.clear(name, job="shop-web", availability="0")

    def blip(self, name: str = "Down", *, after: float = 60) -> str:
        """It fires, ends by itself after so many seconds, and holds until it is resolved."""
        incident = self.fire(name)
        self.room.pass_time(after)
        self.clear(name)
        self.room.pass_time(600)
        return incident


@pytest.fixture
def counted(room: Room) -> Counted:
    return Counted(room)


def test_what_ends_by_itself_within_minutes_is_noise(counted: Counted):
    for _ in range(3):
        counted.blip()
    rule = counted.only()
    assert (rule.name, rule.service, rule.incidents, rule.fired) == ("Down", "shop", 3, 3)
    assert (rule.short, rule.idle, rule.acknowledged) == (3, 0, 0)
    assert rule.score == round(210 / 4)
    assert rule.why == ["Ended by itself within 5 minutes: 3"]
    assert "wait longer" in rule.advice


def test_what_was_said_to_be_false_is_the_noisiest(counted: Counted):
    counted.blip("Blip")
    for _ in range(2):
        counted.room.incidents.false_alarm(counted.fire("Wolf"), "the probe is broken", "person:mei")
        counted.clear("Wolf")
    rules = counted.count()
    assert list(rules) == ["Wolf", "Blip"]
    wolf = rules["Wolf"]
    assert (wolf.false, wolf.score) == (2, round(200 / 3))
    assert wolf.why == ["False alarms: 2 of 2"], "ending it as false is no act and not short"
    assert "Correct what it measures" in wolf.advice


def test_what_somebody_did_something_about_is_worth_it(counted: Counted):
    for _ in range(3):
        incident = counted.fire()
        counted.room.incidents.acknowledge(incident, "person:mei")
        counted.room.incidents.note(incident, "restarted the cache", "person:mei")
        counted.room.pass_time(60)
        counted.clear()
        counted.room.pass_time(600)
    rule = counted.only()
    assert (rule.score, rule.acknowledged, rule.short, rule.idle) == (0, 3, 0, 0)
    assert rule.why == ["Somebody had something to do each time"]
    assert rule.advice == "Keep it as it is."


def test_what_only_had_to_be_acknowledged_is_idle_and_less_so_than_what_nobody_looked_at(counted: Counted):
    incident = counted.fire("Seen")
    counted.room.incidents.acknowledge(incident, "person:mei")
    counted.room.pass_time(900)
    counted.clear("Seen")
    counted.room.pass_time(600)
    counted.blip("Unseen", after=900)
    rules = counted.count()
    assert (rules["Seen"].idle, rules["Unseen"].idle) == (1, 1)
    assert rules["Unseen"].score > rules["Seen"].score > 0
    assert rules["Seen"].advice == "Too few incidents to say; watch it."


def test_what_keeps_coming_and_going_is_flapping(counted: Counted):
    for _ in range(5):
        counted.fire()
        counted.room.pass_time(90)
        counted.clear()
        counted.room.pass_time(30)
    for _ in range(60):
        counted.room.pass_time(60)
        while counted.room.triage.step():
            pass
    rule = counted.only()
    assert (rule.incidents, rule.flapping) == (1, 1)
    assert rule.why == ["Kept coming and going: 1"]


def test_opened_again_it_is_not_counted_until_it_ends_again(counted: Counted):
    incident = counted.fire()
    counted.room.incidents.false_alarm(incident, "no", "person:mei")
    assert counted.only().false == 1
    counted.room.incidents.reopen(incident, "yes", "person:mei")
    assert counted.count() == {}
    counted.room.incidents.resolve(incident, "restarted", "person:mei")
    assert (counted.only().false, counted.only().score) == (0, 0)


def test_a_word_counts_said_before_the_end_or_after_it(counted: Counted):
    room = counted.room
    for early in (True, False):
        incident = counted.fire()
        with room.store.read() as conn:
            (alert,) = room.incidents.alerts(conn, incident)
        if early:
            room.incidents.mark_alert(alert.id, "noise", "", "person:mei")
        room.pass_time(900)
        counted.clear()
        room.pass_time(600)
        if not early:
            room.incidents.mark_alert(alert.id, "noise", "", "person:mei")
    rule = counted.only()
    assert (rule.incidents, rule.noise_marks, rule.score) == (2, 2, round(200 / 3))
    with room.store.read() as conn:
        (alert,) = room.incidents.alerts(conn, incident)
    room.clock.tick(1)
    room.incidents.mark_alert(alert.id, "useful", "it was the disk after all", "person:jun")
    rule = counted.only()
    assert (rule.noise_marks, rule.useful_marks, rule.score) == (1, 1, round(100 / 3))
    assert rule.why == ["Called noise: 1", "Called useful: 1"]


def test_a_word_on_an_alert_without_an_incident_counts_for_itself(counted: Counted):
    counted.room.fire("Nightly", job="elsewhere", severity="info")
    with counted.room.store.read() as conn:
        incidents = counted.room.incidents.list(conn)
    assert incidents == []
    with counted.room.store.read() as conn:
        (alert,) = list_alerts(conn)
    counted.room.incidents.mark_alert(alert.id, "noise", "", "person:mei")
    rule = counted.only()
    assert (rule.incidents, rule.noise_marks, rule.score, rule.service) == (0, 1, 50, "unassigned")


def test_one_incident_of_many_rules_counts_for_each(counted: Counted):
    incident = counted.fire("Down")
    counted.fire("Errors")
    counted.room.incidents.false_alarm(incident, "a test", "person:mei")
    assert {name: rule.false for name, rule in counted.count().items()} == {"Down": 1, "Errors": 1}


def test_only_the_period_counts(counted: Counted):
    counted.blip("Old")
    counted.room.clock.tick(MONTH.total_seconds())
    counted.blip("New")
    assert list(counted.count()) == ["New"]
