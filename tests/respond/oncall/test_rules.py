"""Rules that people write for themselves: kept, checked, and followed when they are paged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from tests.respond.oncall.conftest import TEAM, Desk

from tocsin.act.notify.digest import items_of, page_of
from tocsin.act.notify.store import delivery
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.respond.oncall import Quiet, Rule
from tocsin.respond.oncall.rules_store import contact_rules

NIGHT = Quiet(hours="18:00-20:00")  # the clock of these stories stands at 18:30 in Taipei


class TestKept:
    def test_they_are_kept_with_who_wrote_them_and_replaced_as_a_whole(self, desk: Desk):
        rules = desk.escalations.rules
        first = [
            Rule(channel="hook", severities=("P0", "P1")),
            Rule(channel="mail", after_s=120, quiet=(Quiet(hours="sat,sun", then="digest"),)),
        ]
        kept = rules.put("mei", first, "person:mei")
        assert rules.of("mei") == first
        assert (kept.changed_by, kept.changed_at) == ("person:mei", desk.clock.now())
        rules.put("mei", first[1:], "person:ana")
        assert rules.of("mei") == first[1:]
        assert rules.kept("mei").changed_by == "person:ana"
        assert rules.of("jun") == []

    def test_none_at_all_brings_back_the_order_of_the_configuration(self, desk: Desk):
        rules = desk.escalations.rules
        rules.put("mei", [Rule(channel="hook")], "person:mei")
        assert rules.put("mei", [], "person:mei").rules == ()
        assert rules.kept("mei").changed_by is None

    @pytest.mark.parametrize(
        ("wrong", "field", "message"),
        [
            ([Rule(channel="sms")], "rules.0.channel", "no channel sms"),
            ([Rule(channel="mail"), Rule(channel="mail")], "rules.1.channel", "two rules for mail"),
            ([Rule(channel="mail", after_s=3_601)], "rules.0.after_s", "0 to 3600 seconds, not 3601"),
            ([Rule(channel="mail", after_s=-1)], "rules.0.after_s", "not -1"),
            ([Rule(channel="mail", severities=("",))], "rules.0.severities", "named as in its policy"),
            ([Rule(channel="mail", quiet=(Quiet(hours="late"),))], "rules.0.quiet.0.hours", "no hours"),
            (
                [Rule(channel="mail", quiet=(Quiet(hours="00:00-24:00"),))],
                "rules.0.quiet",
                "never end",
            ),
            ([Rule(channel="mail")] * 21, "rules", "more than 20"),
        ],
    )
    def test_rules_that_make_no_sense_are_refused(
        self, desk: Desk, wrong: list[Rule], field: str, message: str
    ):
        with pytest.raises(Invalid, match=message) as refused:
            desk.escalations.rules.put("mei", wrong, "person:mei")
        assert refused.value.field == field
        assert desk.escalations.rules.of("mei") == []

    def test_they_are_of_people_of_the_configuration(self, desk: Desk):
        with pytest.raises(NotFound, match="no person mie"):
            desk.escalations.rules.put("mie", [], "person:ana")


class TestFollowed:
    def test_mei_is_texted_at_once_and_mailed_two_minutes_later_unless_she_answers(self, desk: Desk):
        desk.escalations.rules.put(
            "mei", [Rule(channel="hook"), Rule(channel="mail", after_s=120)], "person:mei"
        )
        [first] = desk.open(policy="backend")
        assert (first.channel, first.state) == ("hook", "claimed")
        desk.later(119)
        assert [row.state for row in desk.rows() if row.channel == "mail"] == ["waiting"]
        desk.later(1)
        assert [row.state for row in desk.rows() if row.channel == "mail"] == ["claimed"]

    def test_acknowledged_within_the_delay_the_second_channel_stays_silent(self, desk: Desk):
        desk.escalations.rules.put(
            "mei", [Rule(channel="hook"), Rule(channel="mail", after_s=120)], "person:mei"
        )
        desk.open()
        desk.send()
        desk.stop()
        desk.later(600)
        assert {(row.channel, row.state) for row in desk.rows() if row.person} == {
            ("hook", "sent"),
            ("mail", "cancelled"),
        }

    def test_quiet_hours_hold_a_page_until_they_end_and_the_timeline_says_so(self, desk: Desk):
        desk.escalations.rules.put("mei", [Rule(channel="mail", quiet=(NIGHT,))], "person:mei")
        assert desk.open(severity="P2", urgency="medium") == []
        [held] = [row for row in desk.rows() if row.person == "mei"]
        assert (held.state, held.due_at - desk.clock.now()) == ("waiting", timedelta(minutes=90))
        assert (
            "The page to Mei-Ling Chen by mail waits for the end of quiet hours at "
            "21 Nov 2026, 12:00:00 (UTC)" in desk.told()
        )
        # The next step keeps its time: somebody is to be paged, only later.
        assert "Escalation reached step 1 of 2: schedule:backend" in desk.told()
        desk.later(90 * 60)
        assert (1, 1, "mei", "mail") in desk.paged()

    def test_a_critical_page_passes_quiet_hours(self, desk: Desk):
        desk.escalations.rules.put("mei", [Rule(channel="mail", quiet=(NIGHT,))], "person:mei")
        [page] = desk.open(severity="P0", urgency="critical")
        assert (page.person, page.state) == ("mei", "claimed")

    def test_quiet_hours_are_those_of_the_person_wherever_they_are(self, make_desk: Callable[..., Desk]):
        people = TEAM["people"] | {"mei": TEAM["people"]["mei"] | {"time_zone": "Europe/Berlin"}}
        desk = make_desk(people=people)
        desk.escalations.rules.put("mei", [Rule(channel="mail", quiet=(NIGHT,))], "person:mei")
        [page] = desk.open(severity="P2", urgency="medium")
        assert page.state == "claimed"  # 11:30 in Berlin

    def test_what_goes_into_the_digest_is_no_page_so_the_next_step_comes_at_once(self, desk: Desk):
        digest = Quiet(hours="18:00-20:00", then="digest")
        desk.escalations.rules.put("mei", [Rule(channel="mail", quiet=(digest,))], "person:mei")
        paged = desk.open(severity="P2", urgency="medium")
        assert [(page.person, page.step) for page in paged] == [("jun", 2), ("ana", 2)]
        assert desk.told()[1:3] == [
            "Quiet hours of Mei-Ling Chen: goes into the digest instead of mail",
            "Nobody to page in step 1 of 2 (schedule:backend)",
        ]
        with desk.store.read() as conn:
            [row] = [each for each in conn.execute(delivery.select()) if each.kind == "digest"]
            assert [item.message.subject for item in items_of(conn, page_of("mei", row.due_at))] == [
                "[P2] Shop is down",
                "[P2] Shop is down",
            ]

    def test_when_everybody_wants_the_digest_everybody_is_paged_all_the_same(self, desk: Desk):
        digest = Quiet(hours="18:00-20:00", then="digest")
        for person in ("mei", "jun", "ana"):
            desk.escalations.rules.put(person, [Rule(channel="mail", quiet=(digest,))], f"person:{person}")
        paged = desk.open(severity="P2", urgency="medium")
        assert [page.person for page in paged] == ["mei", "jun", "ana"]
        assert desk.told()[-1] == "Nobody could be reached: paging everybody"

    def test_rules_that_cannot_be_read_do_not_keep_a_page(self, desk: Desk):
        desk.escalations.rules.put("mei", [Rule(channel="hook")], "person:mei")
        desk.store.write(lambda conn: conn.execute(update(contact_rules).values(rules=[{"channel": 7}])))
        [page] = desk.open()
        assert (page.person, page.channel) == ("mei", "mail")


def test_who_is_quiet_is_woken_when_everybody_who_is_not_cannot_be_reached(make_desk: Callable[..., Desk]):
    """Jun's page fails for good; Mei's waits for the end of her quiet hours, which helps nobody now."""
    desk = make_desk(escalations={"backend": {"steps": [{"page": ["person:mei", "person:jun"]}]}})
    desk.escalations.rules.put("mei", [Rule(channel="mail", quiet=(NIGHT,))], "person:mei")
    [failing] = desk.open(severity="P2", urgency="medium")
    assert [(row.person, row.state) for row in desk.rows()] == [("jun", "claimed"), ("mei", "waiting")]

    def fail(conn: Any) -> None:
        conn.execute(update(delivery).where(delivery.c.id == failing.id).values(state="failed"))
        desk.escalations._unreached(conn, failing, desk.clock.now())

    desk.store.write(fail)
    desk.later(0)
    assert "Nobody could be reached: paging everybody" in desk.told()
    assert {row.person: row.state for row in desk.rows()} == {
        "jun": "failed",
        "mei": "claimed",
        "ana": "sent",
    }
