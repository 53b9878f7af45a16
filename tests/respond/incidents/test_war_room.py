"""A room for an incident: opened, kept up to date, heard, closed; whatever Slack does, nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room
from slack_stub import ALL_SCOPES, BOT_TOKEN, BOT_USER, SlackStub
from slack_stub import Channel as SlackRoom

from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.timeline import Followers
from tocsin.respond.incidents.war_room import WarRoom, WarRooms
from tocsin.respond.incidents.war_room import store as rows

NAME = "incident-20261121-checkout-is-broken"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch, clock: Any) -> Iterator[SlackStub]:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    stub = SlackStub()
    stub.now = lambda: clock.now().timestamp()
    stub.add_user("U0MEI", "mei", "mei@example.com")
    stub.add_user("U0ADA", "ada", "")
    yield stub
    stub.stop()


@pytest.fixture
def configured(slack: SlackStub) -> Holder[Configuration]:
    levels = CONFIGURATION["policies"]["core"]["levels"]
    wanted = {**levels["P0"], "war_room": True, "roles": ["commander", "scribe"]}
    settings = CONFIGURATION | {
        "people": CONFIGURATION["people"]
        | {"ada": {"name": "Ada Lin", "addresses": {"slack": "U0ADA"}, "language": "zh_Hant"}},
        "channels": CONFIGURATION["channels"]
        | {
            "chat": {
                "kind": "slack",
                "token": "env:SLACK_BOT_TOKEN",
                "api_url": slack.api_url,
                "buttons": False,
            }
        },
        "war_room": {"channel": "chat", "meeting": "https://meet.example.com/{incident}"},
        "policies": {"core": {"levels": {**levels, "P0": wanted}}},
    }
    return Holder(Configuration.model_validate(settings))


@pytest.fixture
def rooms(room: Room, configured: Holder[Configuration]) -> WarRooms:
    return WarRooms(room.desk, configured, Links(lambda: "http://tocsin.example.com", b"k" * 32))


@pytest.fixture
def followers(room: Room, rooms: WarRooms) -> Followers:
    made = Followers(room.store)
    rooms.follow(made)
    return made


class House:
    """What the beats of a process do, by hand."""

    def __init__(self, room: Room, rooms: WarRooms, followers: Followers) -> None:
        self.room, self.rooms, self.followers = room, rooms, followers

    def beat(self, seconds: float = 5) -> None:
        while self.followers.step():
            pass
        self.rooms.tick()
        self.room.clock.tick(seconds)
        while self.followers.step():
            pass
        self.rooms.tick()

    def row(self, incident: str) -> WarRoom:
        with self.room.store.read() as conn:
            found = self.rooms.of(conn, incident)
        assert found
        return found


@pytest.fixture
def house(room: Room, rooms: WarRooms, followers: Followers) -> House:
    return House(room, rooms, followers)


def burning(room: Room, severity: str = "P0", title: str = "Checkout is broken") -> str:
    return room.incidents.declare(title, "shop", severity, "", "person:jun").id


def the(slack: SlackStub, name: str = NAME) -> SlackRoom:
    (found,) = [each for each in slack.channels.values() if each.name == name]
    return found


def said(slack: SlackStub, name: str = NAME) -> list[str]:
    room = the(slack, name)
    return [each.said for each in slack.messages if each.channel == room.id]


def calls(slack: SlackStub, method: str) -> int:
    return sum(name == method for name, _ in slack.calls)


def test_an_incident_whose_level_wants_it_gets_a_room(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    room.incidents.assign(id_, "scribe", "ada", "person:jun")
    room.incidents.acknowledge(id_, "person:mei")
    house.beat()
    made = the(slack)
    assert made.members == {BOT_USER, "U0MEI", "U0ADA"}
    assert made.topic == f"[P0] it is being worked on · Mei-Ling Chen commands · {id_} Checkout is broken"
    summary, story = [each for each in slack.messages if each.channel == made.id]
    assert made.pins == [summary.ts]
    assert "scribe: Ada Lin" in summary.said
    assert "What is written here goes onto the timeline." in summary.said
    assert summary.buttons["tocsin.open"]["url"] == f"http://tocsin.example.com/incidents/{id_}"
    assert summary.buttons["tocsin.open.meeting"]["url"] == f"https://meet.example.com/{id_}"
    assert "Declared as P0 by jun: Checkout is broken" in story.said.replace("Jun Wu", "jun")
    assert "room.opened" in room.story(id_)
    assert house.rooms.incident_of(made.id) == id_
    assert house.rooms.channel_of(id_) == made.id


def test_a_level_that_wants_none_gets_none_until_it_is_raised(room: Room, house: House, slack: SlackStub):
    id_ = burning(room, "P1")
    house.beat()
    assert calls(slack, "conversations.create") == 0
    room.incidents.set_severity(id_, "P0", "everybody feels it", "person:jun")
    house.beat()
    assert the(slack)


def test_a_room_is_asked_for_by_hand_once(room: Room, house: House, slack: SlackStub):
    id_ = burning(room, "P1")
    house.rooms.ask(id_, "person:jun")
    with pytest.raises(Conflict, match="has a room already"):
        house.rooms.ask(id_, "person:jun")
    house.beat()
    assert the(slack)
    assert room.story(id_).count("room.asked") == 1


def test_no_room_is_asked_for_where_none_is_configured(
    room: Room, house: House, configured: Holder[Configuration], slack: SlackStub
):
    configured.swap(configured().model_copy(update={"war_room": None}))
    id_ = burning(room)
    house.beat()
    assert calls(slack, "conversations.create") == 0
    with pytest.raises(Conflict, match="no rooms are configured"):
        house.rooms.ask(id_, "person:jun")


def test_what_happens_is_told_together_and_the_summary_changes(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    house.beat()
    before = len(said(slack))
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.note(id_, "the cache is cold", "person:mei")
    room.incidents.note(id_, "restarting", "person:mei")
    house.beat()
    new = said(slack)[before:]
    assert len(new) == 1, "three lines are one message"
    assert "the cache is cold" in new[0]
    assert "restarting" in new[0]
    assert "incident commander: Mei-Ling Chen" in said(slack)[0]
    house.beat()
    assert len(said(slack)) == before + 1, "nothing new, nothing said"
    assert the(slack).topic.startswith("[P0] it is being worked on · Mei-Ling Chen commands")


def test_a_storm_of_lines_is_one_message_that_says_how_many_are_left(
    room: Room, house: House, slack: SlackStub
):
    id_ = burning(room)
    house.beat()
    before = len(said(slack))
    for number in range(60):
        room.incidents.note(id_, f"note {number}", "person:mei")
    house.beat()
    (new,) = said(slack)[before:]
    assert "note 24" in new
    assert "… and 35 more on the timeline" in new


def test_what_people_write_is_a_note_once_and_does_not_come_back(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    house.beat()
    channel = the(slack).id
    before = len(said(slack))
    for _ in range(2):
        house.rooms.heard(channel, "mei", "the disk is full\n", "1700000000.000100")
    house.rooms.heard(channel, "Ada Lin", "freeing it", "1700000001.000100")
    house.rooms.heard(channel, "somebody", "what about us?", "1700000002.000100")
    house.rooms.heard(channel, "mei", "  ", "1700000003.000100")
    house.rooms.heard("C0GENERAL", "mei", "lunch?", "1700000004.000100")
    house.beat()
    with room.store.read() as conn:
        notes = timeline.of_incident(conn, id_, kinds=("note.added",))
    assert [(each.actor, each.data["text"]) for each in notes] == [
        ("person:mei", "the disk is full"),
        ("person:ada", "freeing it"),
        ("slack:somebody", "what about us?"),
    ]
    assert len(said(slack)) == before, "nobody hears their own words again"


def test_the_room_is_told_that_it_is_over_and_where_the_report_is(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    house.beat()
    room.incidents.resolve(id_, "it was the disk", "person:mei")
    house.beat()
    last = [each for each in slack.messages if each.channel == the(slack).id][-1]
    assert "It is over." in last.said
    assert last.buttons["tocsin.open.report"]["url"] == f"http://tocsin.example.com/incidents/{id_}/report"
    assert the(slack).topic.startswith("[P0] it is over")
    room.incidents.reopen(id_, "it is back", "person:mei")
    house.beat()
    assert the(slack).topic.startswith("[P0] nobody works on it yet")


def test_an_incident_that_is_over_before_its_room_gets_none(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    while house.followers.step():
        pass
    room.incidents.resolve(id_, "a test", "person:mei")
    house.beat()
    assert calls(slack, "conversations.create") == 0
    assert house.row(id_).state == "dropped"


def test_two_incidents_of_one_title_have_rooms_of_their_own(room: Room, house: House, slack: SlackStub):
    slack.add_channel("C0OLD", NAME)
    first, second = burning(room), burning(room)
    house.beat()
    assert house.rooms.channel_of(first) != house.rooms.channel_of(second)
    assert {each.name for each in slack.channels.values()} >= {f"{NAME}-2", f"{NAME}-3"}


def test_a_workspace_that_refuses_chinese_names_gets_a_plain_one(room: Room, house: House, slack: SlackStub):
    for _ in range(9):
        slack.fail("conversations.create", "invalid_name_specials")
    id_ = burning(room, title="結帳完全壞了")
    house.beat()
    assert the(slack, f"incident-20261121-shop-{id_.lower()}")


def test_a_chinese_title_is_kept_where_slack_takes_it(room: Room, house: House, slack: SlackStub):
    burning(room, title="結帳完全壞了")
    house.beat()
    assert the(slack, "incident-20261121-結帳完全壞了")


def test_killed_after_the_room_was_made_it_is_found_again(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    while house.followers.step():
        pass
    now = room.clock.now()
    # What a process that dies right after Slack's answer leaves behind: the name, the lease, and the room at Slack.
    room.store.write(lambda conn: rows.lease(conn, id_, now, now + timedelta(minutes=5)))
    room.store.write(lambda conn: rows.change(conn, id_, name=NAME))
    made = slack.add_channel("C0MADE", NAME)
    made.creator, made.created = BOT_USER, int(now.timestamp())
    house.beat()
    assert house.row(id_).room is None, "somebody may still be at it"
    house.beat(301)
    assert house.row(id_).room == "C0MADE"
    assert sum(each.name.startswith(NAME) for each in slack.channels.values()) == 1


def test_a_room_of_that_name_that_somebody_else_made_is_left_alone(
    room: Room, house: House, slack: SlackStub
):
    theirs = slack.add_channel("C0THEIRS", NAME)
    theirs.created = int(room.clock.now().timestamp())
    old = slack.add_channel("C0OLD", f"{NAME}-2")
    old.creator, old.created = BOT_USER, int(room.clock.now().timestamp()) - 86_400
    id_ = burning(room)
    house.beat()
    assert the(slack, f"{NAME}-3").id == house.rooms.channel_of(id_)


def test_slack_is_down_it_is_told_once_and_tried_again(room: Room, house: House, slack: SlackStub):
    for _ in range(3):
        slack.fail("conversations.create", "internal_error")
    id_ = burning(room)
    for _ in range(4):
        house.beat(30)
    assert room.story(id_).count("room.failed") == 1
    assert the(slack)
    assert house.row(id_).error == ""
    slack.fail("chat.postMessage", status=429, retry_after=40)
    room.incidents.note(id_, "still here", "person:mei")
    house.beat()
    assert not any("still here" in each for each in said(slack))
    house.beat(20)
    assert not any("still here" in each for each in said(slack)), "Slack asked for forty seconds"
    house.beat(60)
    assert any("still here" in each for each in said(slack))
    assert room.story(id_).count("room.works") == 1


def test_a_scope_that_is_missing_is_told_and_asked_for_again_after_a_while(
    room: Room, house: House, slack: SlackStub
):
    slack.scopes = ALL_SCOPES - {"channels:manage"}
    id_ = burning(room)
    house.beat()
    with room.store.read() as conn:
        (failed,) = timeline.of_incident(conn, id_, kinds=("room.failed",))
    assert "channels:manage" in timeline.sentence(failed)
    asked = calls(slack, "conversations.create")
    house.beat(60)
    assert calls(slack, "conversations.create") == asked
    slack.scopes = ALL_SCOPES
    house.beat(900)
    assert the(slack)


def test_somebody_whom_slack_does_not_know_keeps_nobody_out(room: Room, house: House, slack: SlackStub):
    id_ = burning(room)
    room.incidents.assign(id_, "commander", "jun", "person:jun")
    house.beat()
    assert BOT_USER in the(slack).members
    asked = calls(slack, "users.lookupByEmail")
    room.incidents.note(id_, "where is jun?", "person:mei")
    house.beat()
    assert calls(slack, "users.lookupByEmail") == asked


def test_what_an_alert_says_calls_nobody(room: Room, house: House, slack: SlackStub):
    id_ = burning(room, title="<!channel> everything & all is <https://evil.example|fine>")
    room.incidents.note(id_, "<!here> look", "person:mei")
    house.beat()
    assert house.row(id_).error == ""
    assert [called for each in slack.messages for called in each.called] == []
    made = next(each for each in slack.channels.values() if each.id == house.rooms.channel_of(id_))
    assert "<" not in made.topic


def test_opening_an_incident_asks_slack_nothing(room: Room, house: House, slack: SlackStub):
    released = slack.hang("conversations.create")
    id_ = burning(room)
    assert room.pages(id_)[0] == ("mei", "claimed")
    assert slack.calls == []
    released.set()


def test_the_configuration_says_where_rooms_are_opened():
    def problems(**war_room: str) -> list[str]:
        settings = CONFIGURATION | {"war_room": war_room}
        return [str(each) for each in Configuration.model_validate(settings).cross_check()]

    assert any("no channel mail of the kind slack" in each for each in problems(channel="mail"))
    with pytest.raises(ValueError, match=r"only .incident. is filled in"):
        problems(channel="mail", meeting="https://meet.example.com/{room}")
