"""What people outside are told: drafted from the timeline, sent once, promised again, missed and nagged about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room

from tocsin.act.notify import Delivery, of_incident
from tocsin.act.notify import store as deliveries
from tocsin.act.notify.leaving import as_it_leaves
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.secret import Secret, reveal
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.timeline import Followers
from tocsin.respond.incidents.updates import Update, Updates
from tocsin.respond.oncall import Oncall

STAKEHOLDERS: dict[str, Any] = {
    "management": {
        "title": "Management",
        "template": "management",
        "people": ["ada"],
        "addresses": {"mail": ["board@example.com"]},
    },
    "customers": {"title": "Customers", "language": "zh_Hant", "addresses": {"mail": ["all@example.com"]}},
    "nobody": {"people": []},
}
Sending = Callable[..., Update]


@pytest.fixture
def configured() -> Holder[Configuration]:
    levels = CONFIGURATION["policies"]["core"]["levels"]
    settings = CONFIGURATION | {
        "people": CONFIGURATION["people"] | {"ada": {"name": "Ada Lin", "email": "ada@example.com"}},
        "stakeholders": STAKEHOLDERS,
        "policies": {
            "core": {
                "levels": {
                    **levels,
                    "P0": levels["P0"] | {"clocks": {"update": "30m"}},
                    "P1": levels["P1"] | {"clocks": {}},
                }
            }
        },
    }
    return Holder(Configuration.model_validate(settings))


@pytest.fixture
def updates(room: Room, configured: Holder[Configuration]) -> Updates:
    return Updates(room.desk, room.incidents, configured, Oncall(configured, room.clock))


@pytest.fixture
def followers(room: Room, updates: Updates) -> Followers:
    made = Followers(room.store)
    updates.follow(made)
    return made


@pytest.fixture
def send(updates: Updates) -> Sending:
    def sent(incident: str, template: str = "management", **more: Any) -> Update:
        given = {"language": "en", "subject": "Checkout", "text": "We are at it.", "to": ["management"]}
        return updates.send(incident, template=template, actor="person:mei", **(given | more))

    return sent


def burning(room: Room, severity: str = "P0") -> str:
    return room.incidents.declare("Checkout is broken", "shop", severity, "", "person:jun").id


def reminders(room: Room, incident: str) -> list[tuple[str | None, str]]:
    with room.store.read() as conn:
        found = [
            each for each in of_incident(conn, incident) if each.cause.startswith(("next-", "all-clear"))
        ]
    return [(each.person, each.message.subject if each.message else "") for each in found]


def left(room: Room, update: Update) -> list[Delivery]:
    with room.store.read() as conn:
        return deliveries.of_cause(conn, f"update/{update.id}")


def test_the_draft_for_management_tells_what_the_timeline_knows(room: Room, updates: Updates):
    room.fire("ShopDown", service="shop", availability="0.02")
    id_ = room.only().id
    room.clock.tick(240)
    room.incidents.acknowledge(id_, "person:mei")
    with room.store.read() as conn:
        draft = updates.draft(conn, id_, "management", "en")
    assert draft.subject == f"{id_} [P0] ShopDown in the shop"
    lines = draft.text.splitlines()
    assert lines[0] == "What is broken: ShopDown in the shop (Shop)"
    assert "Lasted: 4 min" in lines
    assert "Who is affected: available for 2.0% of the requests" in lines
    assert "State: it is being worked on" in lines
    assert "What has been done: nothing has been tried yet" in lines
    assert "In charge: Mei-Ling Chen (incident commander)" in lines


def test_the_draft_for_users_names_no_number_of_ours_and_speaks_their_language(room: Room, updates: Updates):
    id_ = burning(room)
    with room.store.read() as conn:
        english = updates.draft(conn, id_, "users", "en")
        chinese = updates.draft(conn, id_, "users", "zh_Hant")
    assert english.subject == "Trouble with Shop"
    assert "INC-" not in english.text
    assert "We are still finding out who is affected." in english.text
    assert "We have noticed it and are looking into it." in english.text
    assert chinese.text != english.text
    assert "Shop" in chinese.text


def test_the_all_clear_says_how_long_it_was_and_not_before_it_is_back(
    room: Room, updates: Updates, send: Sending
):
    id_ = burning(room)
    with pytest.raises(Conflict, match="the service is not back"):
        send(id_, "all-clear")
    room.clock.tick(600)
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.mitigate(id_, "restarted", "person:mei")
    room.clock.tick(300)
    with room.store.read() as conn:
        draft = updates.draft(conn, id_, "all-clear", "en")
    assert draft.subject == "Shop works again"
    assert "It was disturbed for 10 min" in draft.text
    assert send(id_, "all-clear", next_in=timedelta(minutes=30)).next_at is None


def test_a_secret_that_somebody_wrote_down_does_not_leave_in_a_draft(
    room: Room, updates: Updates, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SHOP_TOKEN", "not-for-the-board-71")
    reveal(Secret.from_reference("env:SHOP_TOKEN"))
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.mitigate(id_, "restarted with not-for-the-board-71", "person:mei")
    with room.store.read() as conn:
        draft = updates.draft(conn, id_, "management", "en")
    assert "restarted with ***" in draft.text
    assert "not-for-the-board-71" not in draft.text


def test_an_update_leaves_once_to_each_of_its_audience_and_is_kept_as_it_was_sent(
    room: Room, updates: Updates, send: Sending
):
    id_ = burning(room)
    sent = send(id_, to=["management", "customers"], next_in=timedelta(minutes=30), key="form-1")
    again = send(id_, to=["management", "customers"], next_in=timedelta(minutes=30), key="form-1")
    assert again == sent
    assert sorted((each.person, each.address) for each in left(room, sent)) == [
        ("ada", "ada@example.com"),
        ("all@example.com", "all@example.com"),
        ("board@example.com", "board@example.com"),
    ]
    message = left(room, sent)[0].message
    assert message
    assert message.lines == ("We are at it.", "The next update follows by 11:00 (UTC).")
    with room.store.read() as conn:
        (told,) = updates.of(conn, id_)
        (event,) = timeline.of_incident(conn, id_, kinds=("update.sent",))
    assert told.update == sent
    assert {each.name for each in told.receipts} == {"ada", "all@example.com", "board@example.com"}
    assert timeline.sentence(event) == "mei told Management, Customers: Checkout"


def test_it_leaves_without_a_link_to_pages_that_are_not_theirs(room: Room, send: Sending):
    sent = send(burning(room))
    taken = left(room, sent)[0]
    assert taken.message
    links = Links(lambda: "http://127.0.0.1:9911", b"k" * 32)
    at = room.clock.now()
    leaving = as_it_leaves(taken.message, taken, links=links, thread="", shared=False, zone="UTC", at=at)
    assert "http" not in leaving.text


def test_what_is_missing_is_said(send: Sending, room: Room):
    id_ = burning(room)
    for wrong in (
        {"to": []},
        {"to": ["strangers"]},
        {"to": ["nobody"]},
        {"subject": " "},
        {"subject": "x" * 201},
        {"text": "\n"},
        {"text": "half a character \ud800"},
        {"template": "poem"},
    ):
        with pytest.raises(Invalid):
            send(id_, **wrong)


def test_the_clock_begins_with_the_incident_and_anew_with_each_update(room: Room, send: Sending):
    id_ = burning(room)

    def due() -> float | None:
        with room.store.read() as conn:
            found = [each for each in room.incidents.clocks(conn, id_) if each.name == "update"]
        return (found[0].due_at - room.clock.now()).total_seconds() if found else None

    assert due() == 1800
    room.pass_time(600)
    send(id_, next_in=timedelta(minutes=30))
    assert due() == 1800
    send(id_, next_in=timedelta(hours=2))
    assert due() == 7200
    send(id_)
    assert due() is None, "nothing more was promised"


def test_who_has_to_tell_is_reminded_before_and_after_and_then_others_too(room: Room, updates: Updates):
    id_ = burning(room)
    room.incidents.assign(id_, "communications-lead", "ada", "person:jun")
    room.incidents.acknowledge(id_, "person:jun")
    room.pass_time(24 * 60)
    assert reminders(room, id_) == [("ada", "[P0] The next update is due at 11:00: Checkout is broken")]
    room.pass_time(6 * 60)
    late = "[P0] The update that was due at 11:00 is missing: Checkout is broken"
    assert sorted(reminders(room, id_)[1:]) == [("ada", late), ("jun", late)]
    room.pass_time(30 * 60)
    assert sorted(str(each) for each, _ in reminders(room, id_)[3:]) == ["ada", "jun", "mei"], (
        "the first step of the escalation"
    )
    assert room.story(id_).count("clock.missed") == 1


def test_an_update_ends_the_reminding(room: Room, send: Sending):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:jun")
    room.pass_time(31 * 60)
    before = len(reminders(room, id_))
    send(id_, next_in=timedelta(hours=2))
    room.pass_time(90 * 60)
    assert len(reminders(room, id_)) == before
    room.incidents.resolve(id_, "over", "person:jun")
    room.pass_time(3 * 3600, step=60)
    assert len(reminders(room, id_)) == before


def test_nobody_with_a_role_the_one_on_call_is_told(room: Room, updates: Updates):
    id_ = burning(room)
    room.pass_time(24 * 60 + 15)
    with room.store.read() as conn:
        told = [
            each
            for each in of_incident(conn, id_)
            if each.kind == "notice" and each.message and "next update is due" in each.message.subject
        ]
    assert [each.person for each in told] == ["mei"]


def test_a_reminder_is_written_once_though_its_timer_fires_twice(room: Room, updates: Updates):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:jun")
    room.pass_time(31 * 60)
    found = reminders(room, id_)
    with room.store.read() as conn:
        incident = room.incidents.get(conn, id_)
        (running,) = [each for each in room.incidents.clocks(conn, id_) if each.name == "update"]
    room.store.write(lambda conn: updates._next.clock_event(conn, incident, running, missed=True))
    assert reminders(room, id_) == found


def test_what_was_promised_outlives_a_change_of_the_severity(room: Room, send: Sending):
    id_ = burning(room)
    send(id_, next_in=timedelta(minutes=45))
    room.incidents.set_severity(id_, "P1", "half of it", "person:jun")
    with room.store.read() as conn:
        (running,) = [each for each in room.incidents.clocks(conn, id_) if each.name == "update"]
    assert running.due_at - running.started_at == timedelta(minutes=45)


def test_when_it_is_over_somebody_is_reminded_of_the_all_clear(
    room: Room, followers: Followers, send: Sending
):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:jun")
    send(id_)
    room.incidents.resolve(id_, "it was the disk", "person:jun")
    while followers.step():
        pass
    assert reminders(room, id_) == [
        ("jun", "[P0] It is over, and nobody outside has been told: Checkout is broken")
    ]


def test_nobody_who_was_told_nothing_waits_for_an_all_clear(room: Room, followers: Followers):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:jun")
    room.incidents.resolve(id_, "it was the disk", "person:jun")
    while followers.step():
        pass
    assert reminders(room, id_) == []


def test_the_configuration_says_who_does_not_exist():
    settings = CONFIGURATION | {
        "stakeholders": {
            "board": {"people": ["mey"], "rooms": ["chat"], "addresses": {"male": ["a@example.com"]}}
        }
    }
    found = [str(each) for each in Configuration.model_validate(settings).cross_check()]
    for wrong in ("there is no person mey", "there is no channel chat", "there is no channel male"):
        assert any(wrong in each for each in found)
