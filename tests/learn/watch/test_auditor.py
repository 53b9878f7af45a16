"""Whatever breaks is found within two periods, told by another way, and told again when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from databases import on_postgres
from sqlalchemy import update
from watched import Watched

from tocsin.act.notify import Message, Route
from tocsin.act.notify.store import delivery
from tocsin.ground.engine.boots import boot
from tocsin.ground.engine.timers import timer
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.store import insert
from tocsin.sense.alerts.store import alert_event


def a_timer_that_nobody_fires(watched: Watched) -> None:
    watched.store.write(
        lambda conn: watched.engine.timers.set(conn, "clock.miss", "INC-1", watched.clock.now())
    )


def a_page_that_nobody_sends(watched: Watched) -> None:
    queue(watched, claimed=False)


def a_page_that_no_provider_takes(watched: Watched) -> None:
    queue(watched, claimed=True)


def queue(watched: Watched, *, claimed: bool) -> None:
    message = Message(kind="page", subject="Shop is down", lines=())
    watched.store.write(
        lambda conn: watched.deliveries.queue(
            conn,
            kind="page",
            cause="esc_1",
            incident=None,
            person="mei",
            route=Route(channel="hook", address="http://127.0.0.1:9/"),
            message=message,
            at=watched.clock.now(),
            claimed=claimed,
        )
    )


def an_alert_that_nobody_judges(watched: Watched) -> None:
    row = {
        "alert": "alr_1",
        "kind": "fired",
        "episode": 1,
        "at": watched.clock.now(),
        "state": "new",
        "lane": "",
    }
    watched.store.write(lambda conn: conn.execute(insert(conn, alert_event).values(row)))


def a_web_that_hangs(watched: Watched) -> None:
    watched.answers[0] = False


def a_slack_that_is_not_heard(watched: Watched) -> None:
    watched.deaf[0] = "invalid_auth"


def a_clock_that_is_not_that_of_the_database(watched: Watched) -> None:
    watched.apart[0] = timedelta(seconds=-20)


def a_clock_that_is_set(watched: Watched) -> None:
    watched.auditor.look()
    watched.clock._now += timedelta(hours=3)  # the wall clock alone: the other only ever grows


@pytest.mark.parametrize(
    ("breaks", "part"),
    [
        (a_timer_that_nobody_fires, "timers"),
        (a_page_that_nobody_sends, "pages"),
        (a_page_that_no_provider_takes, "sender"),
        (an_alert_that_nobody_judges, "triage"),
        (a_web_that_hangs, "intake"),
        (a_slack_that_is_not_heard, "slack"),
        (a_clock_that_is_set, "clock"),
        (a_clock_that_is_not_that_of_the_database, "clock"),
    ],
)
def test_what_breaks_is_found_within_two_periods_and_told_by_another_way(
    watched: Watched, breaks: Callable[[Watched], None], part: str
):
    breaks(watched)
    assert part in [*watched.later(61), *watched.later(61)]
    assert any(part in subject for subject in watched.told(1))
    assert part in [each.part for each in watched.auditor.report().now + watched.auditor.report().before]


def test_while_all_is_well_the_address_outside_is_called_and_then_no_more(watched: Watched):
    assert watched.later() == []
    assert watched.later() == []
    assert watched.outside.asked == 2
    a_timer_that_nobody_fires(watched)
    assert watched.later(61) == ["timers"]
    assert watched.later(61) == ["timers"]
    assert watched.outside.asked == 2


def test_what_is_over_is_told_once_and_kept(watched: Watched):
    a_timer_that_nobody_fires(watched)
    watched.later(61)
    watched.later(61)
    assert watched.told(1) == ["Tocsin itself is not well: timers"]
    watched.store.write(lambda conn: conn.execute(update(timer).values(state="done")))
    assert watched.later() == []
    assert watched.told(2)[-1] == "Tocsin is well again"
    watched.later()
    report = watched.auditor.report()
    assert not report.now
    assert [each.part for each in report.before] == ["timers"]
    assert len(watched.inbox.messages) == 2


def test_a_database_that_takes_no_write_is_told_of_without_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    def away(_: object) -> None:
        raise Unavailable("the database did not take the write")

    monkeypatch.setattr(watched.store, "write", away)
    watched.clock.tick(60)
    assert "database" in [each.part for each in watched.auditor.look()]
    assert "database" in watched.told(1)[0]
    watched.clock.tick(60)
    watched.auditor.look()
    monkeypatch.undo()
    watched.later()
    assert len(watched.inbox.messages) == 1, "not told at each look"


def test_a_beat_that_hangs_or_fails_is_found(watched: Watched):
    watched.engine._came_round["timers"] = watched.clock.monotonic()
    assert watched.later(50) == []
    assert watched.later(50) == ["engine"]
    watched.engine._came_round["timers"] = watched.clock.monotonic()
    watched.engine._problems["work"] = "no such table"
    assert watched.later(50) == ["engine"]
    found = watched.auditor.report().now
    assert [each.said for each in found] == ["the part work of the engine fails: no such table"]


def test_a_name_that_does_not_resolve_is_found(watched: Watched):
    assert watched.later() == []
    watched.unknown.append("hooks.example.com")
    assert watched.later() == ["dns"]
    assert "hooks.example.com" in watched.auditor.report().now[0].said


@on_postgres
def test_of_two_processes_that_find_the_same_one_tells(watched: Watched):
    a_timer_that_nobody_fires(watched)
    watched.later(61)
    again = watched.auditor.look()
    assert [each.part for each in again] == ["timers"]
    assert len(watched.told(1)) == 1


@on_postgres
def test_where_nobody_works_that_is_found(watched: Watched):
    watched.store.write(lambda conn: conn.execute(update(boot).values(role="web")))
    assert watched.later() == ["workers"]


def test_a_page_that_came_by_another_channel_is_no_finding(watched: Watched):
    a_page_that_no_provider_takes(watched)
    watched.store.write(
        lambda conn: conn.execute(update(delivery).values(state="sent", sent_at=watched.clock.now()))
    )
    assert watched.later(200) == []
