"""Rooms: one message for everybody of a step, which calls them by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from tests.respond.oncall.conftest import TEAM, Desk

from tocsin.act.notify import Delivery
from tocsin.act.notify.channels.email import Email
from tocsin.act.notify.store import delivery
from tocsin.ground import timeline

ROOM = {"kind": "slack", "token": "env:SLACK_BOT_TOKEN", "room": "C024BE91L"}
PEOPLE = TEAM["people"] | {
    "mei": TEAM["people"]["mei"] | {"addresses": {"slack": "U1"}, "title": "Architect"},
    "jun": TEAM["people"]["jun"] | {"addresses": {"slack": "U2"}},
    "ana": TEAM["people"]["ana"] | {"addresses": {"slack": "U3"}, "title": "Head of  backend"},
}


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return with_steps(make_desk, {"page": ["person:mei", "person:jun"]})


def with_steps(make_desk: Callable[..., Desk], *steps: dict[str, Any], **values: Any) -> Desk:
    return make_desk(
        channels={**TEAM["channels"], "ops": ROOM},
        people=PEOPLE,
        escalations={"backend": {"steps": list(steps), **values}},
    )


def seen(pages: list[Delivery]) -> list[tuple[str | None, str | None]]:
    return [(page.person, page.channel) for page in pages]


def fail(desk: Desk, page: Delivery) -> list[Delivery]:
    """The page is refused for good, and whoever wants to know is told."""

    def job(conn: Any) -> list[Delivery]:
        conn.execute(update(delivery).where(delivery.c.id == page.id).values(state="failed"))
        return desk.escalations._unreached(conn, page, desk.clock.now())

    return desk.store.write(job)


def test_the_room_of_a_severity_hears_of_a_step_once_and_calls_its_people(desk: Desk):
    [page] = desk.open(channels=["ops"])
    assert (page.person, page.channel, page.address) == ("channel:ops", "ops", "C024BE91L")
    assert page.message.mentions == ("<@U1>", "<@U2>")
    assert page.message.everyone is False
    assert page.message.person == ""


def test_a_severity_may_call_everyone_and_others_by_name(desk: Desk):
    [page] = desk.open(channels=["ops"], mentions=["everyone", "lead:backend", "role:commander"])
    assert page.message.mentions == ("<@U1>", "<@U2>", "<@U3>")
    assert page.message.everyone is True


def test_beside_the_room_each_is_paged_by_the_other_channels_of_the_severity(desk: Desk):
    assert seen(desk.open(channels=["ops", "mail"])) == [
        ("mei", "mail"),
        ("jun", "mail"),
        ("channel:ops", "ops"),
    ]


def test_a_step_may_page_a_room_alone(make_desk: Callable[..., Desk]):
    desk = with_steps(make_desk, {"page": ["channel:ops"]}, {"page": ["person:ana"], "after": "5m"})
    [page] = desk.open()
    assert (page.person, page.message.mentions) == ("channel:ops", ())
    assert page.message.lines[-1] == "Step 1 of 2."
    assert desk.told()[-1] == "Escalation reached step 1 of 2: channel:ops"
    desk.later(300)
    assert (1, 2, "ana", "mail") in desk.paged()


def test_a_room_beside_people_calls_them(make_desk: Callable[..., Desk]):
    desk = with_steps(make_desk, {"page": ["channel:ops", "person:mei"]})
    pages = desk.open()
    assert seen(pages) == [("mei", "mail"), ("channel:ops", "ops")]
    assert pages[1].message.mentions == ("<@U1>",)


def test_a_channel_that_is_no_room_is_nobody(make_desk: Callable[..., Desk]):
    desk = with_steps(make_desk, {"page": ["channel:mail"]}, {"page": ["person:ana"], "after": "5m"})
    assert seen(desk.open()) == [("ana", "mail")]
    assert "Nobody to page in step 1 of 2 (channel:mail)" in desk.told()


def test_when_the_room_cannot_be_reached_its_people_are_paged_by_themselves(desk: Desk):
    [room] = desk.open(channels=["ops"])
    assert seen(fail(desk, room)) == [("mei", "mail"), ("jun", "mail")]
    assert fail(desk, room) == []  # told twice, it pages nobody twice


def test_when_a_room_alone_cannot_be_reached_the_next_step_comes_at_once(make_desk: Callable[..., Desk]):
    desk = with_steps(make_desk, {"page": ["channel:ops"]}, {"page": ["person:ana"], "after": "5m"})
    [room] = desk.open()
    assert seen(fail(desk, room)) == [("ana", "mail")]


def test_when_the_room_is_all_there_was_everybody_is_paged_by_themselves(make_desk: Callable[..., Desk]):
    desk = with_steps(make_desk, {"page": ["channel:ops"]})
    [room] = desk.open(channels=["ops"])
    paged = fail(desk, room)
    assert {person for person, _ in seen(paged)} == {"mei", "jun", "ana"}
    assert {channel for _, channel in seen(paged)} == {"mail"}


def test_a_room_hears_of_a_step_within_the_same_minute_once(make_desk: Callable[..., Desk]):
    desk = with_steps(make_desk, {"page": ["channel:ops"]}, {"page": ["channel:ops"], "after": "30s"})
    desk.open()
    desk.later(30)
    assert desk.paged() == [(1, 1, "channel:ops", "ops")]
    assert "#ops has a page by ops within the same minute: step 2 of 2 adds none" in desk.told()


def test_what_makes_no_noise_reaches_nobody(make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Email, "disturbs", False)
    steps = [{"page": ["person:jun"]}, {"page": ["person:mei"], "after": "5m"}]
    desk = make_desk(escalations={"backend": {"steps": steps}})
    pages = desk.open(channels=["mail"])
    assert [(page.person, page.channel, page.kind) for page in pages] == [
        ("jun", "mail", "ticket"),
        ("mei", "hook", "page"),
        ("mei", "mail", "ticket"),
    ]
    assert "Nobody to page in step 1 of 2 (person:jun)" in desk.told()


def test_who_has_no_address_but_the_room_is_called_there(desk: Desk):
    [page] = desk.open(policy="gone", channels=[])[-1:]
    assert page.person == "channel:ops"
    assert page.message.mentions == ("Nobody can reach me",)


class TestTargets:
    def people(self, desk: Desk, *targets: str, service: str = "shop") -> list[str]:
        def read(conn: Any) -> list[str]:
            found = desk.escalations._targets.of(
                conn, targets, incident="INC-2026-0001", service=service, at=desk.clock.now()
            )
            return list(found.people)

        with desk.store.read() as conn:
            return read(conn)

    def test_a_lead_a_role_a_title_and_the_team_of_the_service(self, desk: Desk):
        assert self.people(desk, "lead:backend") == ["ana"]
        assert self.people(desk, "service:lead") == ["ana"]
        assert self.people(desk, "service:team") == ["mei", "jun", "ana"]
        assert self.people(desk, "title:architect") == ["mei"]
        assert self.people(desk, "title:Head of Backend") == ["ana"]
        assert self.people(desk, "schedule:backend", "lead:backend", "title:architect") == ["mei", "ana"]

    def test_a_role_is_whoever_has_it_now(self, desk: Desk):
        def give(person: str) -> None:
            desk.store.write(
                lambda conn: timeline.append(
                    conn,
                    "INC-2026-0001",
                    "role.assigned",
                    "tocsin",
                    desk.clock.now(),
                    role="technical-lead",
                    person=person,
                )
            )

        assert self.people(desk, "role:technical-lead") == []
        give("mei")
        give("jun")
        assert self.people(desk, "role:technical-lead", "role:commander") == ["jun"]

    def test_what_leads_nowhere_is_nobody(self, desk: Desk):
        nowhere = ("lead:gone", "service:lead", "title:nobody", "person:gone", "schedule:gone", "team:gone")
        assert self.people(desk, *nowhere, service="gone") == []

    def test_a_target_that_fails_keeps_nobody_else(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        def broken(*_: Any) -> list[str]:
            raise RuntimeError("the schedule is broken")

        monkeypatch.setattr(desk.oncall, "people", broken)
        assert self.people(desk, "schedule:backend", "lead:backend") == ["ana"]


class TestStepNow:
    def press(self, desk: Desk) -> list[Delivery] | None:
        return desk.store.write(lambda conn: desk.escalations.step_now(conn, "INC-2026-0001"))

    def test_the_next_step_comes_at_once_and_later_ones_keep_their_time(self, make_desk: Callable[..., Desk]):
        desk = with_steps(
            make_desk,
            {"page": ["person:mei"]},
            {"page": ["person:jun"], "after": "10m"},
            {"page": ["person:ana"], "after": "20m"},
        )
        desk.open()
        assert seen(self.press(desk) or []) == [("jun", "mail")]
        desk.later(599)
        assert [person for *_, person, _ in desk.paged()] == ["mei", "jun"]
        desk.later(601)
        assert [person for *_, person, _ in desk.paged()] == ["mei", "jun", "ana"]

    def test_after_the_last_step_everybody_is_paged(self, make_desk: Callable[..., Desk]):
        desk = with_steps(make_desk, {"page": ["person:mei"]})
        desk.open()
        desk.later(90)
        assert seen(self.press(desk) or [])[:2] == [("jun", "mail"), ("ana", "mail")]

    def test_where_nothing_is_under_way_there_is_no_next_step(self, desk: Desk):
        assert self.press(desk) is None
        desk.open()
        desk.stop()
        assert self.press(desk) is None
