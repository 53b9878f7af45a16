"""From the first page to the last step: who is told, who is told next, and what if nobody answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from databases import on_postgres
from sqlalchemy import text
from tests.respond.oncall.conftest import TEAM, Desk
from waiting import until

from tocsin.act.notify import Delivery
from tocsin.act.notify import store as pages
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.respond.oncall import store as climbs


def later(desk: Desk, seconds: float) -> None:
    desk.later(seconds)


def steps(*steps: Any, **values: Any) -> dict[str, Any]:
    return {"backend": {"steps": list(steps), **values}}


def test_the_first_step_is_paged_at_once_and_the_rest_wait_in_rows(desk: Desk):
    [first] = desk.open()

    assert (first.person, first.channel, first.state, first.step, first.steps) == (
        "mei",
        "mail",
        "claimed",
        1,
        2,
    )
    waiting = [row for row in desk.rows() if row.person is None]
    assert [(row.round, row.step, row.target, row.state) for row in waiting] == [
        (1, 2, "person:jun, team:backend", "waiting"),
        (2, 1, "schedule:backend", "waiting"),
        (2, 2, "person:jun, team:backend", "waiting"),
    ]
    start = desk.clock.now()
    assert [row.due_at - start for row in waiting] == [timedelta(minutes=each) for each in (5, 10, 15)]
    assert desk.told() == [
        "Escalation backend started, steps: 2",
        "Escalation reached step 1 of 2: schedule:backend",
    ]


def test_a_page_says_what_is_broken_what_was_measured_and_since_when(desk: Desk):
    def decided(conn):
        timeline.append(
            conn,
            "INC-2026-0001",
            "severity.decided",
            "tocsin",
            desk.clock.now(),
            level="P0",
            rule="m.availability < 0.5",
            values={"m.availability": 0.125},
        )

    desk.store.write(decided)
    [first] = desk.open()
    assert first.message.subject == "[P0] Shop is down"
    assert first.message.lines == (
        "Service: Shop · INC-2026-0001",
        "Measured: m.availability 0.125 (rule: m.availability < 0.5)",
        "Since 21 Nov 2026, 18:30:00 (Asia/Taipei)",
        "You are paged in step 1 of 2.",
    )
    assert (first.message.severity, first.message.incident, first.message.language) == (
        "P0",
        "INC-2026-0001",
        "en",
    )


def test_each_person_is_paged_in_their_language(desk: Desk):
    desk.open()
    later(desk, 301)
    languages = {row.person: row.message.language for row in desk.rows() if row.message}
    assert languages == {"mei": "en", "jun": "zh_Hant", "ana": "en"}


def test_an_incident_that_does_not_climb_pages_its_first_step_once(desk: Desk):
    [only] = desk.open(climbs=False)
    assert (only.person, only.step, only.steps) == ("mei", 1, 1)
    later(desk, 3_600)
    assert desk.paged() == [(1, 1, "mei", "mail")]


def test_nobody_is_paged_twice_in_one_step(desk: Desk):
    desk.open()
    later(desk, 301)
    assert desk.paged() == [
        (1, 1, "mei", "mail"),
        (1, 2, "ana", "mail"),
        (1, 2, "jun", "mail"),
        (1, 2, "mei", "mail"),
    ]


def test_whoever_is_on_call_when_a_step_is_due_is_paged(desk: Desk):
    desk.clock.tick(
        (timedelta(days=1, hours=14, minutes=25)).total_seconds()
    )  # five minutes before the hand-over
    desk.open()
    later(desk, 301)
    later(desk, 300)
    assert [(round_, step, person) for round_, step, person, _ in desk.paged() if step == 1] == [
        (1, 1, "mei"),
        (2, 1, "jun"),
    ]


def test_acknowledging_stops_everything(desk: Desk):
    desk.open()
    desk.stop()
    later(desk, 3_600)
    assert desk.paged() == [(1, 1, "mei", "mail")]
    assert {row.state for row in desk.rows()} == {"cancelled"}
    assert desk.told()[-1] == "Escalation stopped: acknowledged by mei"
    assert not desk.alarms.waiting
    desk.stop()
    assert len(desk.told()) == 3


def test_one_incident_does_not_stop_another(desk: Desk):
    desk.open("INC-2026-0001")
    desk.open("INC-2026-0002")
    desk.stop("INC-2026-0001")
    later(desk, 301)
    assert len(desk.paged("INC-2026-0002")) == 4


def test_an_incident_that_opens_again_pages_again(desk: Desk):
    desk.open()
    desk.stop()
    [again] = desk.open()
    assert (again.person, again.state) == ("mei", "claimed")


def test_the_last_round_ends_in_exhaustion_that_is_told(desk: Desk):
    desk.open()
    assert list(desk.alarms.waiting.values()) == [desk.clock.now() + timedelta(minutes=20)]
    later(desk, 1_201)
    desk.alarms.go_off()
    desk.alarms.go_off()
    assert desk.told()[-1] == "Escalation backend is exhausted: nobody has acknowledged"
    assert desk.told().count(desk.told()[-1]) == 1
    with desk.store.read() as conn:
        assert climbs.latest(conn, "INC-2026-0001").state == "exhausted"


def test_steps_that_fell_due_during_a_stop_are_paged_before_the_end(desk: Desk):
    desk.open()
    desk.send()
    desk.clock.tick(3_600)
    desk.alarms.go_off()
    assert desk.told()[-1] == "Escalation reached step 1 of 2: schedule:backend"
    later(desk, 0)
    desk.alarms.go_off()
    # Three pages to Mei fall due together: one of them leaves.
    assert [(round_, step) for round_, step, person, _ in desk.paged() if person == "mei"] == [(1, 1), (1, 2)]
    assert [each for each in desk.told() if each.startswith("Mei-Ling Chen has a page")] == [
        "Mei-Ling Chen has a page by mail within the same minute: step 1 of 2 adds none",
        "Mei-Ling Chen has a page by mail within the same minute: step 2 of 2 adds none",
    ]
    assert desk.told()[-1] == "Escalation backend is exhausted: nobody has acknowledged"


def test_acknowledged_after_its_end_an_escalation_pages_no_more(desk: Desk):
    desk.open()
    later(desk, 1_201)
    desk.alarms.go_off()
    told = desk.told()
    desk.stop()
    assert desk.told() == told
    with desk.store.read() as conn:
        assert climbs.latest(conn, "INC-2026-0001").state == "stopped"


def test_an_empty_step_is_skipped_at_once(make_desk: Callable[..., Desk]):
    desk = make_desk(
        escalations=steps(
            {"page": ["schedule:nights"]},
            {"page": ["person:bot"], "after": "5m"},
            {"page": ["person:ana"], "after": "30m"},
        )
    )
    [first] = desk.open()
    assert (first.person, first.step, first.state) == ("ana", 3, "claimed")
    assert desk.told()[1:] == [
        "Nobody to page in step 1 of 3 (schedule:nights)",
        "Nobody to page in step 2 of 3 (person:bot)",
        "Escalation reached step 3 of 3: person:ana",
    ]
    assert all(row.person for row in desk.rows() if row.state == "waiting")


def test_a_later_step_that_turns_out_empty_hands_over_to_the_next(make_desk: Callable[..., Desk]):
    desk = make_desk(
        escalations=steps(
            {"page": ["person:mei"]},
            {"page": ["schedule:nights"], "after": "5m"},
            {"page": ["person:ana"], "after": "30m"},
        )
    )
    desk.open()
    later(desk, 301)
    assert desk.paged() == [(1, 1, "mei", "mail"), (1, 3, "ana", "mail")]


def test_when_no_step_has_anybody_everybody_is_paged(make_desk: Callable[..., Desk]):
    desk = make_desk(
        escalations=steps({"page": ["schedule:nights"]}, {"page": ["person:bot"], "after": "5m"})
    )
    pages = desk.open()
    assert [page.person for page in pages] == ["mei", "jun", "ana"]
    assert "Nobody on call could be reached, so everybody is paged." in pages[0].message.lines
    assert "Nobody could be reached: paging everybody" in desk.told()


def test_an_incident_that_nobody_can_be_told_of_says_so(make_desk: Callable[..., Desk]):
    desk = make_desk(channels={})
    assert desk.open() == []
    assert desk.told()[-1] == "Nobody can be paged: no channel reaches anybody"


def test_without_a_policy_everybody_is_paged(desk: Desk):
    for policy in (None, "gone"):
        pages = desk.open(f"INC-{policy}", policy=policy)
        assert [page.person for page in pages] == ["mei", "jun", "ana"]


def test_a_policy_named_default_is_for_services_that_name_none(make_desk: Callable[..., Desk]):
    desk = make_desk(escalations=TEAM["escalations"] | {"default": {"steps": [{"page": ["person:ana"]}]}})
    assert [page.person for page in desk.open(policy=None)] == ["ana"]


def test_the_channels_of_the_severity_are_all_used_where_they_reach_the_person(desk: Desk):
    assert [(page.person, page.channel) for page in desk.open(channels=["hook", "mail"])] == [
        ("mei", "hook"),
        ("mei", "mail"),
    ]
    later(desk, 301)
    assert (1, 2, "jun", "mail") in desk.paged()
    assert [page.channel for page in desk.open("INC-2026-0002", channels=["gone"])] == ["mail"]


def test_when_a_person_cannot_be_reached_the_next_step_comes_at_once(make_desk: Callable[..., Desk]):
    nowhere = "http://169.254.169.254/hook"  # refused for good, whoever asks
    people = {
        "mei": {"name": "Mei", "webhook": nowhere},
        "jun": {"name": "Jun", "webhook": nowhere},
        "ana": {"name": "Ana", "webhook": nowhere},
    }
    desk = make_desk(
        people=people,
        escalations=steps({"page": ["person:mei"]}, {"page": ["person:jun"], "after": "30m"}),
    )
    desk.deliveries.start()
    desk.deliveries.hand(desk.open())
    until(lambda: "Nobody can be paged" in desk.told()[-1])
    desk.deliveries.stop()
    assert [(person, step) for _, step, person, _ in desk.paged()] == [
        ("mei", 1),
        ("ana", 2),
        ("jun", 2),
        ("mei", 2),
    ]
    assert {row.state for row in desk.rows() if row.person} == {"failed"}


def test_a_later_round_keeps_its_time_even_when_this_one_reached_nobody(make_desk: Callable[..., Desk]):
    desk = make_desk(channels={}, escalations=steps({"page": ["person:mei"]}, repeat=1))
    assert desk.open() == []
    desk.configuration = desk.configuration.model_validate(TEAM)  # somebody mended the configuration
    later(desk, 299)
    assert desk.paged() == []
    later(desk, 2)
    assert desk.paged() == [(2, 1, "mei", "mail")]


class TestPageNow:
    def tell(self, desk: Desk, **options: Any) -> list[Delivery]:
        values: dict[str, Any] = {
            "incident": "INC-2026-0001",
            "subject": "The clock restore was missed",
            "lines": ["Due 18:30"],
            "severity": "P0",
        }
        return desk.store.write(lambda conn: desk.escalations.page_now(conn, **(values | options)))

    def commander(self, desk: Desk, person: str) -> None:
        desk.store.write(
            lambda conn: timeline.append(
                conn,
                "INC-2026-0001",
                "role.assigned",
                "tocsin",
                desk.clock.now(),
                role="commander",
                person=person,
            )
        )

    def test_it_goes_to_whoever_is_on_call_for_the_incident(self, desk: Desk):
        desk.open()
        [told] = self.tell(desk)
        assert (told.person, told.kind, told.state) == ("mei", "notice", "claimed")
        assert told.message.subject == "[P0] The clock restore was missed"

    def test_it_goes_to_the_commander_once_there_is_one(self, desk: Desk):
        desk.open()
        self.commander(desk, "mei")
        self.commander(desk, "ana")
        assert [told.person for told in self.tell(desk)] == ["ana"]

    def test_a_commander_who_cannot_be_reached_is_passed_over(self, desk: Desk):
        desk.open()
        self.commander(desk, "bot")
        assert [told.person for told in self.tell(desk)] == ["mei"]

    def test_without_an_escalation_it_goes_to_everybody(self, desk: Desk):
        assert [told.person for told in self.tell(desk)] == ["mei", "jun", "ana"]

    def test_an_acknowledgement_does_not_take_it_back_and_the_same_occasion_is_told_once(self, desk: Desk):
        [told] = self.tell(desk, key="clock/restore")[:1]
        assert self.tell(desk, key="clock/restore") == []
        desk.stop()
        assert next(row for row in desk.rows() if row.id == told.id).state == "claimed"


class TestTwoAtOnce:
    @on_postgres
    def test_an_acknowledgement_while_another_process_turns_a_step_into_pages_takes_those_back_too(
        self, desk: Desk
    ):
        desk.open()
        desk.clock.tick(300)
        now = desk.clock.now()
        acknowledging = threading.Thread(target=desk.stop)
        with desk.store.engine.begin() as conn:
            [step] = [
                each
                for each in pages.claim_due(
                    conn, boot="boot_2", now=now, switch_after=timedelta(seconds=60), limit=10
                )
                if each.person is None
            ]
            pages.drop(conn, [step.id], "the pages of this step took its place")
            assert desk.escalations._due(conn, step, now)
            acknowledging.start()
            until(lambda: self.waits_for_a_lock(desk))
        acknowledging.join(20)
        assert [row for row in desk.rows() if row.state in ("waiting", "claimed")] == []

    def waits_for_a_lock(self, desk: Desk) -> bool:
        blocked = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        with desk.store.read() as conn:
            return conn.scalar(blocked) > 0


def test_after_a_long_stop_a_step_without_anybody_gives_way_to_the_one_that_fell_due_with_it(make_desk: Any):
    steps = [{"page": ["schedule:nights"]}, {"page": ["person:jun"], "after": "5m"}]
    desk = make_desk(escalations={"backend": {"steps": steps, "repeat": 1}})
    desk.open()
    assert desk.paged() == [(1, 2, "jun", "mail")]
    later(desk, 3_600)
    assert desk.paged() == [(1, 2, "jun", "mail"), (2, 2, "jun", "mail")]


class TestTestPage:
    def test_it_is_sent_by_the_first_channel_or_the_one_asked_for(self, desk: Desk):
        sent = desk.escalations.test_page("mei", "person:ana")
        assert (sent.kind, sent.channel, sent.incident) == ("test", "mail", None)
        assert sent.message.lines == (
            "ana asked for it. Nothing is broken: if you read this, pages reach you.",
        )
        assert desk.escalations.test_page("mei", "person:ana", channel="hook").channel == "hook"

    def test_nobody_and_nowhere_are_told(self, desk: Desk):
        with pytest.raises(NotFound, match="no person gone"):
            desk.escalations.test_page("gone", "person:ana")
        with pytest.raises(Invalid, match="No channel reaches bot"):
            desk.escalations.test_page("bot", "person:ana")
        with pytest.raises(Invalid, match="No channel hook reaches jun"):
            desk.escalations.test_page("jun", "person:ana", channel="hook")
