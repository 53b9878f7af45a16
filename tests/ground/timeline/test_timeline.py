"""The story of an incident: added to, never changed, and read by followers exactly once."""

from __future__ import annotations

import pytest
from databases import on_postgres
from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store
from tocsin.ground.timeline import Followers


def test_followers_see_every_event_once_and_in_order(store: Store, clock: FrozenClock):
    followers = Followers(store)
    seen: list[int] = []
    followers.follow("report", ["incident.resolved"], lambda _conn, each: seen.append(each.data["n"]))
    for number in range(120):
        kind = "incident.resolved" if number % 2 else "note.added"
        store.write(
            lambda conn, n=number, k=kind: timeline.append(conn, "INC-1", k, "tocsin", clock.now(), n=n)
        )
    while followers.step():
        pass
    assert seen == [number for number in range(120) if number % 2]
    assert followers.step() == 0


def test_a_follower_that_stumbles_over_one_event_goes_on_with_the_next(store: Store, clock: FrozenClock):
    followers = Followers(store)
    seen: list[str] = []

    def react(_conn: object, event: timeline.Event) -> None:
        if event.data["text"] == "first":
            raise ValueError("this one")
        seen.append(event.data["text"])

    followers.follow("all", ["note.added"], react)
    for text in ("first", "second"):
        store.write(
            lambda conn, t=text: timeline.append(conn, "INC-1", "note.added", "tocsin", clock.now(), text=t)
        )
    while followers.step():
        pass
    assert seen == ["second"]


@on_postgres
def test_a_follower_waits_for_a_transaction_that_began_earlier(store: Store, clock: FrozenClock):
    followers = Followers(store)
    seen: list[str] = []
    followers.follow("all", ["note.added"], lambda _conn, each: seen.append(each.data["text"]))
    with store.engine.connect() as slow:
        slow.begin()
        timeline.append(slow, "INC-1", "note.added", "person:mei", clock.now(), text="first")
        store.write(
            lambda conn: timeline.append(
                conn, "INC-1", "note.added", "person:jun", clock.now(), text="second"
            )
        )
        followers.step()
        assert seen == []
        slow.commit()
    while followers.step():
        pass
    assert seen == ["first", "second"]


def test_the_timeline_refuses_to_be_changed(store: Store, clock: FrozenClock):
    store.write(
        lambda conn: timeline.append(conn, "INC-1", "note.added", "person:mei", clock.now(), text="x")
    )
    for statement in ("UPDATE timeline_event SET kind = 'other'", "DELETE FROM timeline_event"):
        with pytest.raises(Exception, match=r"append-only|did not take"):
            store.write(lambda conn, statement=statement: conn.exec_driver_sql(statement))
    with store.read() as conn:
        assert [each.kind for each in timeline.of_incident(conn, "INC-1")] == ["note.added"]


def test_what_no_database_keeps_does_not_keep_an_event_from_its_story(store: Store, clock: FrozenClock):
    printed = {"text": "a\0b", "lines": ["half \ud83d"], "values": {"k\0": 1.5, "none": None}}
    store.write(lambda conn: timeline.append(conn, "INC-1", "note.added", "run:1", clock.now(), **printed))
    with store.read() as conn:
        (event,) = timeline.of_incident(conn, "INC-1")
    assert event.data == {"text": "a�b", "lines": ["half �"], "values": {"k�": 1.5, "none": None}}


def test_what_concerns_a_follower_is_found_behind_thousands_of_lines_that_do_not(
    store: Store, clock: FrozenClock
):
    seen: list[int] = []
    followers = Followers(store)
    followers.follow("keen", ("note.added",), lambda _, event: seen.append(event.seq))

    def lines(conn: Connection) -> None:
        for number in range(2_500):
            timeline.append(conn, "INC-1", "alert.attached", "tocsin", clock.now(), n=number)
        timeline.append(conn, "INC-1", "note.added", "person:mei", clock.now(), text="it is the disk")

    store.write(lines)
    while followers.step():
        pass
    assert len(seen) == 1
    again = Followers(store)
    again.follow("keen", ("note.added",), lambda _, event: seen.append(event.seq))
    store.write(
        lambda conn: timeline.append(conn, "INC-1", "note.added", "person:mei", clock.now(), text="no")
    )
    while again.step():
        pass
    assert len(seen) == 2, "another process goes on behind what was handled"
