"""Who has which role: filled from on-call as the level wants it, explained to its holder, handed over by asking."""

from __future__ import annotations

from typing import Any

import pytest
from incident_room import CONFIGURATION, Room

from tocsin.act.notify import Delivery, of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, Denied, Invalid
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.timeline import Followers
from tocsin.respond.incidents.roles import CARDS, Roles
from tocsin.respond.oncall import Oncall

WANTED: dict[str, Any] = {
    "people": CONFIGURATION["people"]
    | {"ada": {"name": "Ada Lin", "email": "ada@example.com", "language": "zh_Hant"}},
    "teams": {"leads": {"members": ["ada"]}},
    "roles": {
        "commander": ["team:leads"],
        "technical-lead": ["person:mei"],
        "communications-lead": ["person:mei", "person:jun"],
    },
}


@pytest.fixture
def configured() -> Holder[Configuration]:
    settings = CONFIGURATION | WANTED
    core = settings["policies"]["core"]["levels"]
    levels = {
        **core,
        "P0": core["P0"] | {"roles": ["commander", "technical-lead", "communications-lead", "scribe"]},
        "P1": core["P1"] | {"roles": ["commander"]},
    }
    return Holder(Configuration.model_validate(settings | {"policies": {"core": {"levels": levels}}}))


@pytest.fixture
def roles(room: Room, configured: Holder[Configuration]) -> Roles:
    return Roles(room.desk, configured, Oncall(configured, room.clock))


@pytest.fixture
def followers(room: Room, roles: Roles) -> Followers:
    made = Followers(room.store)
    roles.follow(made)
    return made


def burning(room: Room, severity: str = "P0") -> str:
    return room.incidents.declare("Checkout is broken", "shop", severity, "", "person:jun").id


def read(followers: Followers) -> None:
    while followers.step():
        pass


def held(room: Room, incident: str) -> dict[str, str]:
    with room.store.read() as conn:
        return room.incidents.roles(conn, incident)


def notices(room: Room, incident: str) -> list[Delivery]:
    with room.store.read() as conn:
        return [each for each in of_incident(conn, incident) if each.kind == "notice"]


def test_the_roles_that_the_level_wants_are_filled_each_with_somebody_of_their_own(
    room: Room, followers: Followers
):
    id_ = burning(room)
    read(followers)
    assert held(room, id_) == {"commander": "ada", "technical-lead": "mei", "communications-lead": "jun"}
    assert "role.nobody" not in room.story(id_), (
        "a role that the configuration does not name is for people to give"
    )


def test_a_lower_level_wants_fewer_and_a_raised_one_fills_the_rest(room: Room, followers: Followers):
    id_ = burning(room, "P1")
    read(followers)
    assert held(room, id_) == {"commander": "ada"}
    room.incidents.assign(id_, "technical-lead", "jun", "person:jun")
    room.incidents.set_severity(id_, "P0", "everybody feels it", "person:jun")
    read(followers)
    assert held(room, id_) == {"commander": "ada", "technical-lead": "jun", "communications-lead": "mei"}


def test_the_new_holder_gets_the_card_in_their_language_and_nobody_gets_it_twice(
    room: Room, followers: Followers, roles: Roles
):
    id_ = burning(room)
    read(followers)
    told = {each.person: each.message for each in notices(room, id_)}
    assert set(told) == {"ada", "mei", "jun"}
    ada, mei = told["ada"], told["mei"]
    assert ada
    assert mei
    assert mei.subject == "[P0] You are technical lead: Checkout is broken"
    assert mei.lines[0] == CARDS["technical-lead"].duty
    assert len(mei.lines) == 1 + len(CARDS["technical-lead"].first)
    assert ada.language == "zh_Hant"
    assert ada.lines[0] != CARDS["commander"].duty

    again = Followers(room.store)
    roles.follow(again)
    read(again)
    assert len(notices(room, id_)) == 3


def test_whoever_takes_a_role_themselves_is_told_nothing(room: Room, followers: Followers):
    id_ = burning(room)
    room.incidents.assign(id_, "scribe", "jun", "person:jun")
    read(followers)
    assert not [each for each in notices(room, id_) if each.message and "scribe" in each.message.subject]


def test_what_is_read_a_day_late_tells_nobody(room: Room, followers: Followers):
    id_ = burning(room)
    room.clock.tick(13 * 3600)
    read(followers)
    assert held(room, id_) == {}
    assert notices(room, id_) == []


def test_nobody_to_be_found_is_told_on_the_timeline(
    room: Room, followers: Followers, configured: Holder[Configuration]
):
    without = configured().model_copy(update={"roles": {"scribe": ("team:nobody",)}})
    configured.swap(without)
    id_ = burning(room)
    read(followers)
    with room.store.read() as conn:
        (told,) = timeline.of_incident(conn, id_, kinds=("role.nobody",))
    assert timeline.sentence(told) == "Nobody could be found for the role scribe"


def test_a_role_is_handed_over_by_asking_and_stays_until_the_other_accepts(
    room: Room, followers: Followers, roles: Roles
):
    id_ = burning(room)
    read(followers)
    with room.store.read() as conn:
        note = roles.draft(conn, id_, "technical-lead", "en")
    assert "Checkout is broken: nobody works on it yet." in note
    assert "Ada Lin (incident commander)" in note
    roles.ask(id_, "technical-lead", "jun", f"{note}\nWatch the cache.", "person:mei")
    assert held(room, id_)["technical-lead"] == "mei"
    (question,) = [each for each in notices(room, id_) if each.cause.startswith("handover/")]
    assert question.person == "jun"
    assert question.message
    assert (
        question.message.subject
        == "[P0] Mei-Ling Chen asks you to take over as technical lead: Checkout is broken"
    )
    assert "Watch the cache." in question.message.lines

    with pytest.raises(Denied):
        roles.accept(id_, "technical-lead", "person:ada")
    roles.accept(id_, "technical-lead", "person:jun")
    read(followers)
    assert held(room, id_)["technical-lead"] == "jun"
    told = [each for each in notices(room, id_) if each.cause.endswith("/accepted")]
    assert [each.person for each in told] == ["mei"]
    with pytest.raises(Conflict):
        roles.accept(id_, "technical-lead", "person:jun")
    with room.store.read() as conn:
        (taken,) = timeline.of_incident(conn, id_, kinds=("role.handover.accepted",))
    assert taken.data["person"] == "mei"


def test_who_declines_says_why_and_the_role_stays(room: Room, followers: Followers, roles: Roles):
    id_ = burning(room)
    read(followers)
    roles.ask(id_, "commander", "jun", "", "person:ada")
    roles.decline(id_, "commander", "I am on a train", "person:jun")
    assert held(room, id_)["commander"] == "ada"
    (told,) = [each for each in notices(room, id_) if each.cause.endswith("/declined")]
    assert told.message
    assert told.person == "ada"
    assert told.message.lines[0] == "I am on a train"


def test_a_second_question_takes_the_first_back_and_so_does_assigning(
    room: Room, followers: Followers, roles: Roles
):
    id_ = burning(room)
    read(followers)
    roles.ask(id_, "commander", "jun", "", "person:ada")
    roles.ask(id_, "commander", "mei", "", "person:ada")
    with pytest.raises(Denied):
        roles.accept(id_, "commander", "person:jun")
    room.incidents.assign(id_, "commander", "jun", "person:mei")
    read(followers)
    with pytest.raises(Conflict, match="nobody is asked"):
        roles.accept(id_, "commander", "person:mei")
    assert room.story(id_).count("role.handover.withdrawn") == 2


def test_a_question_that_makes_no_sense_is_refused(room: Room, followers: Followers, roles: Roles):
    id_ = burning(room)
    read(followers)
    for role, person, wrong in (
        ("captain", "jun", Invalid),
        ("commander", "nobody", Invalid),
        ("commander", "ada", Invalid),
        ("scribe", "jun", Conflict),
    ):
        with pytest.raises(wrong):
            roles.ask(id_, role, person, "", "person:ada")


def test_the_configuration_says_which_roles_there_are():
    settings = CONFIGURATION | {
        "roles": {"commander": ["team:leeds"]},
        "teams": {"leads": {"members": ["mei"]}},
    }
    levels = {"P0": {"otherwise": True, "roles": ["capten"]}}
    problems = [
        str(each)
        for each in Configuration.model_validate(
            settings | {"policies": {"core": {"levels": levels}}}
        ).cross_check()
    ]
    assert any(
        "roles.commander.0: there is no team leeds" in each and "did you mean leads?" in each
        for each in problems
    )
    assert any("levels.P0.roles.0: there is no role capten" in each for each in problems)
