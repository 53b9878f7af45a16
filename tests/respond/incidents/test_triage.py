"""From an alert to an incident: opened once, joined by its like, never lost."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local

import pytest
from databases import on_postgres
from incident_room import Room
from sqlalchemy import Connection, update
from sqlalchemy.exc import OperationalError

from tocsin.act.notify import of_incident
from tocsin.act.notify.store import delivery
from tocsin.ground.kernel.errors import Unavailable
from tocsin.respond.incidents import Incident, Triage, judge, store, triage
from tocsin.sense.alerts import AlertEvent, Sender, Signal


def test_an_alert_of_a_known_service_opens_an_incident_with_level_clocks_and_pages(room):
    room.fire(job="shop-api", availability="0.1")
    incident = room.only()
    assert incident.id == "INC-2026-0001"
    assert (incident.service, incident.severity, incident.state) == ("shop", "P0", "triggered")
    assert incident.title == "ShopDown in the shop"
    assert incident.rule["values"] == {"m.availability": 0.1}
    with room.store.read() as conn:
        clocks = {clock.name: clock.state for clock in room.incidents.clocks(conn, incident.id)}
    assert clocks == {"assess": "running", "restore": "running"}
    assert room.pages(incident.id)[0][0] == "mei"
    assert room.story(incident.id)[:2] == ["incident.opened", "severity.decided"]


def test_a_second_alert_of_the_same_service_joins_and_raises_the_severity(room):
    room.fire("Errors", job="shop-api", error_rate="0.3")
    assert room.only().severity == "P1"
    room.fire("Down", job="shop-web", availability="0.0")
    incident = room.only()
    assert incident.severity == "P0"
    story = room.story(incident.id)
    assert story.count("alert.attached") == 2
    assert "severity.changed" in story


def test_a_lower_alert_does_not_lower_the_severity(room):
    room.fire("Down", job="shop-web", availability="0.0")
    room.fire("Errors", job="shop-api", error_rate="0.3")
    assert room.only().severity == "P0"


def test_an_unassigned_alert_opens_an_incident_by_its_name(room):
    room.fire("DiskFull", host="db1", severity="critical")
    room.fire("DiskFull", host="db2", severity="critical")
    room.fire("OutOfMemory", host="db1", severity="critical")
    with room.store.read() as conn:
        titles = {incident.title for incident in room.incidents.list(conn)}
    assert titles == {"DiskFull in the shop", "OutOfMemory in the shop"}


def test_a_level_that_does_not_page_opens_an_incident_in_silence(room):
    room.fire("Slow", job="shop-api")
    incident = room.only()
    assert incident.severity == "P3"
    assert room.pages(incident.id) == []


def test_an_alert_that_cannot_be_judged_still_pages(room, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the policy is broken")

    monkeypatch.setattr(judge, "decide", broken)
    room.fire("Odd", job="shop-api")
    incident = room.only()
    assert "triage failed" in incident.rule["rule"]
    assert room.pages(incident.id)


def test_a_crash_in_the_middle_of_triage_leaves_the_alert_waiting(room, monkeypatch: pytest.MonkeyPatch):
    real = room.triage._batch

    def killed(conn: Connection, news: Sequence[AlertEvent], *, again: bool) -> None:
        real(conn, news, again=again)
        raise SystemError("kill -9")

    monkeypatch.setattr(room.triage, "_batch", killed)
    with pytest.raises(SystemError):
        room.fire(job="shop-api", availability="0")
    with room.store.read() as conn:
        assert room.incidents.list(conn) == []
    monkeypatch.undo()
    room.triage.step()
    assert room.only().state == "triggered"


def deliver(room: Room, incident: str) -> None:
    """Every page that was to leave at once has been taken by the mail server."""
    room.store.write(
        lambda conn: conn.execute(
            update(delivery)
            .where(delivery.c.incident == incident, delivery.c.state == "claimed")
            .values(state="sent", sent_at=room.clock.now(), switch_at=None)
        )
    )


def notices(room: Room, incident: str) -> list[tuple[str | None, str]]:
    with room.store.read() as conn:
        return [
            (each.person, each.message.lines[0] if each.message else "")
            for each in of_incident(conn, incident)
            if each.kind == "notice"
        ]


def test_an_outage_that_ends_before_its_page_has_left_still_tells_somebody(room: Room):
    room.fire(job="shop-api", availability="0")
    room.clock.tick(2)
    room.clear(job="shop-api", availability="0")
    incident = room.only()
    assert incident.state == "mitigated"
    assert {state for _, state in room.pages(incident.id)} == {"cancelled", "claimed"}
    ((person, line),) = notices(room, incident.id)
    assert person == "mei"
    assert line.startswith("It began at 10:30:00 (UTC) and was over before anybody could be paged.")


def test_fired_and_cleared_in_one_batch_it_still_tells_somebody(room: Room):
    signals = [Signal(labels={"alertname": "Down", "job": "shop-api", "availability": "0"}, resolved=over)
               for over in (False, True)]  # fmt: skip
    for signal in signals:
        room.ledger.record([signal], Sender(key="key_1", source="webhook"))
    assert room.triage.step() == 1
    while room.triage.step():
        pass
    assert room.only().state == "mitigated"
    assert [person for person, _ in notices(room, room.only().id)] == ["mei"]


def test_who_was_paged_is_not_told_again_when_it_is_over(room: Room):
    room.fire(job="shop-api", availability="0")
    deliver(room, room.only().id)
    room.clear(job="shop-api", availability="0")
    assert notices(room, room.only().id) == []


def test_what_does_not_page_ends_in_silence(room: Room):
    room.fire("Slow", job="shop-api")
    room.clear("Slow", job="shop-api")
    assert room.only().state == "mitigated"
    assert notices(room, room.only().id) == []


@on_postgres
def test_two_workers_that_meet_the_same_outage_open_one_incident(room: Room, monkeypatch: pytest.MonkeyPatch):
    """Each looks for an open incident before the other has written one: the worst order there is."""
    looked = Barrier(2)
    real = store.find_open
    first = local()

    def together(conn: Connection, group: str) -> Incident | None:
        found = real(conn, group)
        if not getattr(first, "done", False):
            first.done = True
            looked.wait(timeout=20)
        return found

    monkeypatch.setattr(store, "find_open", together)
    others = Triage(desk=room.triage.desk)
    for job, measure in (("shop-api", "0"), ("shop-web", "0.1")):
        signal = Signal(labels={"alertname": f"Down {job}", "job": job, "availability": measure})
        room.ledger.record([signal], Sender(key="key_1", source="webhook"))
    monkeypatch.setattr(triage, "BATCH", 1)
    with ThreadPoolExecutor(2) as both:
        assert [
            each.result(timeout=30) for each in [both.submit(room.triage.step), both.submit(others.step)]
        ] == [
            1,
            1,
        ]
    incident = room.only()
    assert (incident.service, incident.severity) == ("shop", "P0")
    with room.store.read() as conn:
        assert len(room.incidents.alerts(conn, incident.id)) == 2
    assert [state for person, state in room.pages(incident.id) if person == "mei"] == ["claimed"]
    assert room.story(incident.id).count("alert.attached") == 2


def test_a_database_that_refuses_leaves_the_alert_waiting(room: Room, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object, **__: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    monkeypatch.setattr(judge, "open_incident", refused)
    with pytest.raises((OperationalError, Unavailable)):
        room.fire(job="shop-api", availability="0")
    monkeypatch.undo()
    room.triage.step()
    incident = room.only()
    assert incident.rule["rule"] == "m.availability < 0.5", "judged, not feared"
