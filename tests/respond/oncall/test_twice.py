"""Nobody is paged twice for the same thing in the same minute, and the only page is never the one that is left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from tests.respond.oncall.conftest import Desk

from tocsin.act.notify.store import delivery
from tocsin.respond.oncall import Rule


def steps(*steps: Any, **values: Any) -> dict[str, Any]:
    return {"backend": {"steps": list(steps), **values}}


def test_a_step_that_comes_within_the_minute_leaves_out_who_has_just_been_paged(
    make_desk: Callable[..., Desk],
):
    desk = make_desk(
        escalations=steps(
            {"page": ["person:mei"]},
            {"page": ["person:mei", "person:jun"], "after": "59s"},
            {"page": ["person:mei"], "after": "2m"},
        )
    )
    desk.open()
    desk.later(59)
    assert desk.paged() == [(1, 1, "mei", "mail"), (1, 2, "jun", "mail")]
    assert desk.told()[-2:] == [
        "Mei-Ling Chen has a page by mail within the same minute: step 2 of 3 adds none",
        "Escalation reached step 2 of 3: person:mei, person:jun",
    ]
    desk.later(61)
    assert (1, 3, "mei", "mail") in desk.paged()


def test_rounds_are_no_different_from_steps(make_desk: Callable[..., Desk]):
    desk = make_desk(escalations=steps({"page": ["person:mei"]}, repeat=3, every="25s"))
    desk.open()
    for _ in range(3):
        desk.later(25)
    assert [(round_, person) for round_, _, person, _ in desk.paged()] == [(1, "mei"), (4, "mei")]


def test_a_step_of_people_who_have_just_been_paged_is_not_an_empty_one(make_desk: Callable[..., Desk]):
    desk = make_desk(
        escalations=steps(
            {"page": ["person:mei"]},
            {"page": ["person:mei"], "after": "30s"},
            {"page": ["person:ana"], "after": "10m"},
        )
    )
    desk.open()
    desk.later(30)
    assert desk.paged() == [(1, 1, "mei", "mail")]
    assert "Escalation reached step 2 of 3: person:mei" in desk.told()


def test_another_channel_is_another_way(make_desk: Callable[..., Desk]):
    desk = make_desk(escalations=steps({"page": ["person:mei"]}, {"page": ["person:mei"], "after": "30s"}))
    desk.escalations.rules.put("mei", [Rule(channel="mail"), Rule(channel="hook", after_s=20)], "person:mei")
    desk.open()
    desk.later(20)
    desk.later(10)
    # The second step's own call by hook would come 30 seconds after that of the first.
    assert sorted(row.channel for row in desk.rows() if row.person == "mei") == ["hook", "mail"]


def test_a_page_that_failed_does_not_count(make_desk: Callable[..., Desk]):
    desk = make_desk(escalations=steps({"page": ["person:mei"]}, {"page": ["person:mei"], "after": "30s"}))
    [first] = desk.open()
    desk.store.write(
        lambda conn: conn.execute(update(delivery).where(delivery.c.id == first.id).values(state="failed"))
    )
    desk.later(30)
    assert (1, 2, "mei", "mail") in desk.paged()


def test_an_escalation_that_begins_anew_within_the_minute_waits_for_its_end(desk: Desk):
    """As when the severity has risen: what it says is new, so it is not left out."""
    desk.open(severity="P1")
    desk.send()
    desk.clock.tick(20)
    desk.stop()
    assert desk.open(severity="P0") == []
    [again] = [row for row in desk.rows() if row.state == "waiting" and row.person]
    assert (again.person, again.due_at - desk.clock.now()) == ("mei", timedelta(seconds=40))
    assert (
        "Mei-Ling Chen was paged by mail less than a minute ago: the next page leaves at "
        "21 Nov 2026, 10:31:00 (UTC)" in desk.told()
    )
    desk.later(40)
    assert [row.message.severity for row in desk.rows() if row.state == "claimed" and row.message] == ["P0"]


def test_a_page_that_was_taken_back_before_it_left_does_not_count(desk: Desk):
    desk.open(severity="P1")
    desk.stop()
    [again] = desk.open(severity="P0")
    assert (again.person, again.state) == ("mei", "claimed")


def test_other_incidents_page_for_themselves(desk: Desk):
    assert [len(desk.open(f"INC-2026-000{number}")) for number in (1, 2)] == [1, 1]


@pytest.mark.timeout(400)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_policy_and_however_often_it_begins_anew_a_minute_lies_between_two_pages(
    make_desk: Callable[..., Desk], data: st.DataObject
):
    people = ("person:mei", "person:jun", "team:backend", "everybody")
    afters = data.draw(st.lists(st.integers(1, 200), max_size=4, unique=True).map(sorted))
    ladder = [
        {"page": data.draw(st.lists(st.sampled_from(people), min_size=1, max_size=3)), "after": after}
        for after in [0, *afters]
    ]
    desk = make_desk(escalations=steps(*ladder, repeat=data.draw(st.integers(0, 3))))
    incident = f"INC-{data.draw(st.uuids())}"
    desk.open(incident)
    for pause, anew in data.draw(st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=8)):
        desk.later(pause)
        if anew:
            desk.send()
            desk.stop(incident)
            desk.open(incident)
    for _ in range(20):
        desk.later(30)
    desk.send()
    sent: dict[tuple[str, str], list[Any]] = {}
    for row in desk.rows(incident):
        if row.sent_at and row.person:
            sent.setdefault((row.person, row.channel or ""), []).append(row.sent_at)
    assert sent
    for moments in sent.values():
        assert all(later - sooner >= timedelta(seconds=60) for sooner, later in pairwise(sorted(moments)))
