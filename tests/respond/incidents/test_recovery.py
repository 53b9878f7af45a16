"""The end of an incident: cleared, watched, resolved; or back again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound

BAD = SimpleNamespace(ok=False, summary="health answers 500")
GOOD = SimpleNamespace(ok=True, summary="1 of 1 passed")


def test_when_all_alerts_have_cleared_it_is_watched_and_then_resolved(room):
    room.fire("Down", job="shop-web", availability="0")
    room.fire("Errors", job="shop-api", error_rate="0.3")
    room.clear("Down", job="shop-web", availability="0")
    assert room.only().state == "triggered"
    room.clear("Errors", job="shop-api", error_rate="0.3")
    assert room.only().state == "mitigated"
    assert all(state in ("cancelled", "sent", "claimed") for _, state in room.pages(room.only().id))
    room.pass_time(185)
    incident = room.only()
    assert incident.state == "resolved"
    story = room.story(incident.id)
    assert story.count("soak.round") == 3
    assert story[-1] in ("incident.resolved", "clock.started", "clock.met")


def test_an_alert_that_fires_again_while_it_is_watched_opens_the_same_incident(room):
    room.fire(job="shop-web", availability="0")
    room.clear(job="shop-web", availability="0")
    room.pass_time(60)
    room.fire(job="shop-web", availability="0")
    incident = room.only()
    assert incident.state == "triggered"
    assert "incident.reopened" in room.story(incident.id)
    room.pass_time(600)
    assert room.only().state == "triggered", "no forgotten soak resolves it"


def test_ended_by_hand_it_opens_again_when_its_alert_keeps_coming(room):
    room.fire(job="shop-web", availability="0")
    incident = room.incidents.resolve(room.only().id, "false alarm", "person:mei")
    for _ in range(4):
        room.pass_time(60)
        room.fire(job="shop-web", availability="0")
        room.ledger.flush()
    opened = room.only()
    assert (opened.state, opened.acknowledged_by) == ("triggered", None)
    assert opened.id == incident.id
    pages = room.pages(incident.id)
    assert [person for person, _ in pages].count("mei") == 2
    assert (None, "waiting") in pages, "and the ladder stands anew"


def test_ended_by_hand_it_stays_ended_when_nothing_is_heard_any_more(room):
    room.fire(job="shop-web", availability="0")
    room.incidents.resolve(room.only().id, "the sender never takes it back", "person:mei")
    room.pass_time(3 * 86_400, step=60)
    assert room.only().state == "resolved"


def test_ended_by_hand_it_stays_ended_when_the_alert_clears_meanwhile(room):
    room.fire(job="shop-web", availability="0")
    room.incidents.resolve(room.only().id, "restarted it", "person:mei")
    room.pass_time(60)
    room.fire(job="shop-web", availability="0")
    room.clear(job="shop-web", availability="0")
    room.pass_time(600)
    assert room.only().state == "resolved"


def test_a_check_that_fails_while_it_is_watched_opens_it_again_until_the_checks_pass(room):
    room.fire(job="shop-web", availability="0")
    room.clear(job="shop-web", availability="0")
    room.checks += [GOOD, BAD, BAD, GOOD]
    room.pass_time(120)
    assert room.only().state == "triggered"
    assert "soak.failed" in room.story(room.only().id)
    room.pass_time(120)
    assert room.only().state == "mitigated"
    room.pass_time(190)
    assert room.only().state == "resolved"


def test_who_had_it_has_it_still_when_it_comes_back(room):
    room.fire(job="shop-web", availability="0")
    room.incidents.acknowledge(room.only().id, "person:mei")
    room.clear(job="shop-web", availability="0")
    room.fire(job="shop-web", availability="0")
    incident = room.only()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "mei")


def test_a_missed_clock_warns_first_and_then_pages(room):
    room.fire(job="shop-web", availability="0")
    incident = room.only()
    room.pass_time(245)
    assert "clock.warned" in room.story(incident.id)
    assert "clock.missed" not in room.story(incident.id)
    before = len(room.pages(incident.id))
    room.pass_time(60)
    assert "clock.missed" in room.story(incident.id)
    assert len(room.pages(incident.id)) > before
    room.incidents.acknowledge(incident.id, "person:mei")
    with room.store.read() as conn:
        assess = next(each for each in room.incidents.clocks(conn, incident.id) if each.name == "assess")
    assert assess.state == "missed"
    assert assess.met_at is not None


def test_acknowledging_stops_the_ladder_and_meets_the_clock(room):
    room.fire(job="shop-web", availability="0")
    incident = room.incidents.acknowledge(room.only().id, "person:mei")
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "mei")
    assert ("jun", "waiting") not in room.pages(incident.id)
    with room.store.read() as conn:
        states = {each.name: each.state for each in room.incidents.clocks(conn, incident.id)}
        assert room.incidents.roles(conn, incident.id) == {"commander": "mei"}
    assert states["assess"] == "met"
    again = room.incidents.acknowledge(incident.id, "person:jun")
    assert again.acknowledged_by == "mei"


def test_a_change_of_severity_needs_a_reason_and_counts_the_clocks_anew(room):
    room.fire(job="shop-web", error_rate="0.3")
    id_ = room.only().id
    with pytest.raises(Invalid, match="reason"):
        room.incidents.set_severity(id_, "P0", " ", "person:mei")
    with pytest.raises(Invalid, match="no level P9"):
        room.incidents.set_severity(id_, "P9", "worse", "person:mei")
    raised = room.incidents.set_severity(id_, "P0", "everybody is affected", "person:mei")
    assert raised.severity == "P0"
    with room.store.read() as conn:
        clocks = {
            each.name: (each.due_at - each.started_at).total_seconds()
            for each in room.incidents.clocks(conn, id_)
        }
    assert clocks == {"assess": 300, "restore": 1800}
    lowered = room.incidents.set_severity(id_, "P3", "a false alarm", "person:mei")
    with room.store.read() as conn:
        assert room.incidents.clocks(conn, lowered.id) == []
    assert ("jun", "waiting") not in room.pages(id_)


def test_an_incident_declared_by_hand_pages_and_is_ended_by_hand(room):
    incident = room.incidents.declare("Checkout is broken", "shop", "P0", "customers call", "person:jun")
    assert (incident.source, incident.state) == ("person", "triggered")
    assert room.pages(incident.id)[0][0] == "mei"
    room.incidents.mitigate(incident.id, "the cache was cleared", "person:jun")
    room.pass_time(200)
    resolved = room.only()
    assert resolved.state == "resolved"
    closed = room.incidents.close(resolved.id, "", "person:jun")
    assert closed.state == "closed"
    with room.store.read() as conn:
        report = next(each for each in room.incidents.clocks(conn, closed.id) if each.name == "report")
    assert report.state == "met"


@pytest.mark.parametrize(
    ("title", "service", "severity", "field"),
    [
        (" ", "shop", "P0", "title"),
        ("x" * 201, "", "", "title"),
        ("x", "shpo", "", "service"),
        ("x", "", "P7", "severity"),
    ],
)
def test_a_declaration_that_cannot_be_taken_names_the_field(
    room, title: str, service: str, severity: str, field: str
):
    with pytest.raises(Invalid) as refused:
        room.incidents.declare(title, service, severity, "", "person:jun")
    assert refused.value.field == field


def test_acts_out_of_their_time_are_told_so(room):
    incident = room.incidents.declare("Checkout is broken", "shop", "P0", "", "person:jun")
    with pytest.raises(Conflict):
        room.incidents.close(incident.id, "", "person:jun")
    with pytest.raises(Conflict):
        room.incidents.reopen(incident.id, "", "person:jun")
    room.incidents.resolve(incident.id, "", "person:jun")
    with pytest.raises(Conflict):
        room.incidents.acknowledge(incident.id, "person:mei")
    with pytest.raises(NotFound):
        room.incidents.note("INC-2026-9999", "x", "person:mei")
    reopened = room.incidents.reopen(incident.id, "it is back", "person:mei")
    assert reopened.state == "triggered"
