"""Which channels one page takes to one person, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.act.notify import Route
from tocsin.respond.oncall import Quiet, Rule
from tocsin.respond.oncall.ways import ways

MAIL, SMS, CALL = (Route(channel=name, address=f"mei at {name}") for name in ("mail", "sms", "call"))
NIGHT = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)  # 23:00 in Taipei


def plan(*rules: Rule, **options: Any) -> list[tuple[str, float]]:
    """(channel, minutes from now)."""
    values: dict[str, Any] = {
        "reachable": [MAIL, SMS, CALL],
        "wanted": (),
        "severity": "P1",
        "is_urgent": False,
        "at": NIGHT,
        "zone": ZoneInfo("Asia/Taipei"),
        "disturbs": lambda channel: channel != "ticket",
    }
    found = ways(rules=rules, **{**values, **options})
    return [
        (each.route.channel, (each.due_at - NIGHT) / timedelta(minutes=1))
        for each in found
        if not each.is_digested
    ]


def quiet(channel: str, *severities: str, then: Any = "wait", **values: Any) -> Rule:
    return Rule(
        channel=channel, quiet=(Quiet(hours="22:00-07:00", severities=severities, then=then),), **values
    )


def test_without_rules_the_first_channel_is_used():
    assert plan() == [("mail", 0)]


def test_rules_put_channels_in_order_with_their_delays():
    assert plan(Rule(channel="sms"), Rule(channel="call", after_s=120)) == [("sms", 0), ("call", 2)]


def test_the_first_channel_never_waits():
    assert plan(Rule(channel="sms", after_s=300), Rule(channel="call", after_s=420)) == [
        ("sms", 0),
        ("call", 2),
    ]


def test_a_channel_is_used_for_its_severities_alone():
    rules = (Rule(channel="mail"), Rule(channel="call", severities=("P0",)))
    assert plan(*rules) == [("mail", 0)]
    assert plan(*rules, severity="P0") == [("mail", 0), ("call", 0)]


def test_rules_that_leave_nothing_for_a_severity_do_not_lose_its_page():
    assert plan(Rule(channel="call", severities=("P0",))) == [("call", 0)]


def test_channels_of_rules_that_do_not_reach_the_person_are_passed_over():
    assert plan(Rule(channel="gone")) == [("mail", 0)]


def test_the_channels_of_the_severity_go_before_the_rules_and_leave_together():
    assert plan(Rule(channel="sms", after_s=600), wanted=("call", "sms", "nowhere")) == [
        ("call", 0),
        ("sms", 0),
    ]


def test_what_comes_in_quiet_hours_waits_for_their_end():
    assert plan(quiet("sms")) == [("sms", 480)]
    assert plan(quiet("sms"), wanted=("sms",)) == [("sms", 480)]
    assert plan(quiet("sms", "P2")) == [("sms", 0)]


def test_what_is_critical_passes_quiet_hours():
    assert plan(quiet("sms"), is_urgent=True) == [("sms", 0)]


def test_what_falls_due_within_quiet_hours_waits_though_they_have_not_begun():
    rules = (Rule(channel="mail"), quiet("call", after_s=1_800))
    at = NIGHT - timedelta(minutes=80)  # 21:40
    found = plan(*rules, at=at)
    assert found == [("mail", -80), ("call", 480)]


def test_a_digest_takes_what_wakes_nobody():
    assert plan(quiet("sms", then="digest")) == []
    assert plan(quiet("sms", then="digest"), Rule(channel="mail")) == [("mail", 0)]


def test_a_page_that_would_make_no_noise_is_sent_by_a_channel_that_does_too():
    ticket = Route(channel="ticket", address="shop")
    assert plan(reachable=[ticket, SMS], wanted=("ticket",)) == [("sms", 0), ("ticket", 0)]
    assert plan(reachable=[ticket], wanted=("ticket",)) == [("ticket", 0)]
    assert plan(reachable=[]) == []
