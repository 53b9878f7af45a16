"""Many alerts, few pages: groups, storms, alerts that come and go, and an incident that nobody answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from databases import on_postgres
from incident_room import CONFIGURATION, Room

from tocsin.act.notify import of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.kernel.settings import Holder
from tocsin.respond.incidents import Incident, Triage
from tocsin.sense.alerts import Sender, Signal, get
from tocsin.sense.alerts.alert import id_of
from tocsin.sense.alerts.fingerprint import fingerprint_of_labels
from tocsin.sense.alerts.trace import KEPT, steps

DOWN = {"job": "shop-api", "availability": "0"}
SENDER = Sender(key="key_1", source="webhook")


def configured_with(holder: Holder[Configuration], **more: Any) -> None:
    whole: dict[str, Any] = {**CONFIGURATION, **more}
    holder.swap(Configuration.model_validate(whole))


def send(room: Room, *labels: dict[str, str]) -> None:
    room.ledger.record([Signal(labels=each) for each in labels], SENDER)


def settle(room: Room) -> None:
    while room.triage.step():
        pass


def all_of(room: Room) -> list[Incident]:
    with room.store.read() as conn:
        return room.incidents.list(conn, limit=1000)


def told(room: Room, incident: str, kind: str) -> list[dict[str, Any]]:
    with room.store.read() as conn:
        return [each.data for each in timeline.of_incident(conn, incident, kinds=(kind,))]


# Groups


def test_a_service_is_grouped_by_labels_and_the_title_says_how_many(
    room: Room, configured: Holder[Configuration]
):
    shop = {**CONFIGURATION["services"]["shop"], "group": {"by": ["cluster"]}}
    configured_with(configured, services={"shop": shop})
    for cluster, job in (("a", "shop-1"), ("a", "shop-2"), ("b", "shop-1")):
        room.fire("Down", job=job, cluster=cluster, availability="0")
    assert sorted(each.title for each in all_of(room)) == ["2 alerts: Down in the shop", "Down in the shop"]


def test_three_dots_give_every_alert_an_incident_of_its_own(room: Room, configured: Holder[Configuration]):
    shop = {**CONFIGURATION["services"]["shop"], "group": {"by": ["..."]}}
    configured_with(configured, services={"shop": shop})
    for job in ("shop-1", "shop-2", "shop-3"):
        room.fire("Down", job=job, availability="0")
    assert len(all_of(room)) == 3


def waiting(configured: Holder[Configuration]) -> None:
    shop = {**CONFIGURATION["services"]["shop"], "group": {"wait": "30s", "interval": "5m"}}
    levels = {
        **CONFIGURATION["policies"]["core"]["levels"],
        "P2": {"when": ["m.error_rate > 0.1"], "page": True, "urgency": "medium"},
    }
    order = {name: levels[name] for name in ("P0", "P1", "P2", "P3")}
    configured_with(configured, services={"shop": shop}, policies={"core": {"levels": order}})


def test_a_first_page_may_wait_for_others_but_never_that_of_a_p0(
    room: Room, configured: Holder[Configuration]
):
    waiting(configured)
    room.fire("Errors", job="shop-api", error_rate="0.15")
    number = room.only().id
    assert room.pages(number) == []
    assert room.why("Errors")[-1] == "page.waiting"
    room.pass_time(20)
    assert room.pages(number) == []
    room.pass_time(15)
    assert [person for person, _ in room.pages(number)][:1] == ["mei"]


def test_a_p0_that_joins_while_the_first_page_waits_pages_at_once(
    room: Room, configured: Holder[Configuration]
):
    waiting(configured)
    room.fire("Errors", job="shop-api", error_rate="0.15")
    room.fire("Down", job="shop-web", availability="0")
    number = room.only().id
    assert [person for person, _ in room.pages(number)][:1] == ["mei"]
    before = len(room.pages(number))
    room.pass_time(45)
    assert len(room.pages(number)) == before, "the first page is not sent twice"


def test_what_joins_later_is_told_together_after_the_interval(room: Room, configured: Holder[Configuration]):
    waiting(configured)
    room.fire("Down", job="shop-api", availability="0")
    number = room.only().id
    room.incidents.acknowledge(number, "person:mei")
    for n in range(3):
        room.fire("Down", job=f"shop-{n}", availability="0")
    assert room.pages(number)[-1][1] != "claimed"
    room.pass_time(301)
    with room.store.read() as conn:
        notices = [
            each.message.lines[0]
            for each in of_incident(conn, number)
            if each.kind == "notice" and each.message
        ]
    assert notices == ["3 more alerts have joined, 4 in all: Down"]


# Coming and going


def flip(room: Room, times: int) -> None:
    for _ in range(times):
        room.fire(**DOWN)
        room.clock.tick(5)
        room.clear(**DOWN)
        room.clock.tick(5)


def test_an_alert_that_comes_and_goes_is_told_once_and_held(room: Room):
    flip(room, 20)
    incident = room.only()
    story = room.story(incident.id)
    assert story.count("alert.flapping") == 1
    assert story.count("incident.reopened") == 3
    assert incident.state == "triggered", "not taken for over while it flaps"
    assert room.why("ShopDown") == ["received.resolved", "flapping.still"]
    started = story.count("escalation.started")
    flip(room, 5)
    assert room.story(incident.id).count("escalation.started") == started


def test_after_calm_it_is_released_and_its_incident_is_watched(room: Room):
    flip(room, 10)
    room.pass_time(590)
    assert room.only().state == "triggered"
    room.pass_time(30)
    incident = room.only()
    assert incident.state == "mitigated"
    assert "alert.calm" in room.story(incident.id)
    room.fire(**DOWN)
    assert room.only().state == "triggered"


def test_a_restart_forgets_no_flapping(room: Room):
    flip(room, 10)
    number = room.only().id
    story = room.story(number)
    room.triage = Triage(desk=room.triage.desk)
    flip(room, 3)
    assert room.story(number) == story


def test_an_alert_that_only_changes_now_and_then_does_not_flap(room: Room):
    for _ in range(10):
        room.fire(**DOWN)
        room.clock.tick(300)
        room.clear(**DOWN)
        room.clock.tick(300)
    assert all("alert.flapping" not in room.story(each.id) for each in all_of(room))


# Storms


def storm(room: Room, count: int, **labels: str) -> None:
    send(room, *({"alertname": f"Rule{n}", "severity": "error", **labels} for n in range(count)))
    settle(room)


def test_a_storm_of_one_key_becomes_one_incident_with_a_counter(room: Room):
    storm(room, 400)
    incidents = all_of(room)
    assert len(incidents) == 101, "the first hundred page, one stands for the rest"
    (folded,) = [each for each in incidents if "alerts" in each.title]
    room.pass_time(15)
    (folded,) = [each for each in all_of(room) if "alerts" in each.title]
    assert folded.title == "300 alerts, 300 rules: Rule100"
    with room.store.read() as conn:
        assert len(room.incidents.alerts(conn, folded.id)) == 300
    assert room.why("Rule399")[3:5] == ["severity.decided", "storm.folded"]


def test_the_story_of_a_storm_has_a_line_for_the_first_ones_and_a_count_for_the_rest(room: Room):
    storm(room, 300)
    room.pass_time(15)
    (folded,) = [each for each in all_of(room) if "alerts" in each.title]
    story = room.story(folded.id)
    assert story.count("alert.attached") == 20
    assert told(room, folded.id, "alerts.folded")[-1]["alerts"] == 200
    assert story.count("alerts.folded") <= 2
    send(room)
    signals = [
        Signal(labels={"alertname": f"Rule{n}", "severity": "error"}, resolved=True) for n in range(300)
    ]
    room.ledger.record(signals, SENDER)
    settle(room)
    room.pass_time(15)
    assert room.story(folded.id).count("alert.resolved") == 0
    assert told(room, folded.id, "alerts.folded")[-1]["cleared"] == 200
    assert {each.state for each in all_of(room)} <= {"mitigated", "resolved"}


def test_a_p0_in_the_middle_of_a_storm_pages_at_once(room: Room):
    storm(room, 300)
    room.fire("CheckoutDown", severity="fatal")
    (worst,) = [each for each in all_of(room) if each.severity == "P0"]
    assert worst.title == "CheckoutDown in the shop"
    assert room.why("CheckoutDown")[-1] == "page.paged"
    room.fire("LoginDown", severity="fatal")
    (worst,) = [each for each in all_of(room) if each.severity == "P0"]
    assert worst.title == "2 alerts, 2 rules: CheckoutDown in the shop"


def test_a_p0_that_joins_what_somebody_has_already_tells_them(room: Room):
    room.fire("Errors", job="shop-api", error_rate="0.3")
    number = room.only().id
    room.incidents.acknowledge(number, "person:jun")
    room.fire("Down", job="shop-web", availability="0")
    assert room.only().severity == "P0"
    assert ("jun", "claimed") in room.pages(number)


def test_a_quiet_key_is_judged_by_itself_while_another_storms(room: Room):
    storm(room, 300)
    room.ledger.record(
        [Signal(labels={"alertname": "Rule7000", "severity": "error"})], Sender(key="key_2", source="webhook")
    )
    settle(room)
    assert "Rule7000" in [each.title for each in all_of(room)]


def test_a_service_with_many_alerts_has_one_incident_whose_title_counts(room: Room):
    send(room, *({"alertname": "Down", "job": f"shop-{n}", "availability": "0"} for n in range(200)))
    settle(room)
    room.pass_time(15)
    assert room.only().title == "200 alerts: Down"
    assert room.story(room.only().id).count("escalation.started") == 1


@on_postgres
def test_two_workers_in_a_storm_count_every_alert_once(room: Room):
    send(room, *({"alertname": "Down", "job": f"shop-{n}", "availability": "0"} for n in range(300)))
    others = Triage(desk=room.triage.desk)

    def work(triage: Triage) -> int:
        done = 0
        while count := triage.step():
            done += count
        return done

    with ThreadPoolExecutor(2) as both:
        assert (
            sum(
                each.result(timeout=120)
                for each in [both.submit(work, room.triage), both.submit(work, others)]
            )
            == 300
        )
    settle(room)
    room.pass_time(15)
    assert room.only().title == "300 alerts: Down"
    with room.store.read() as conn:
        assert len(room.incidents.alerts(conn, room.only().id)) == 300


# Nobody answers


def test_what_fires_on_without_anybody_acknowledging_pages_again(
    room: Room, configured: Holder[Configuration]
):
    levels = dict(CONFIGURATION["policies"]["core"]["levels"])
    levels["P0"] = {**levels["P0"], "repeat": "30m"}
    configured_with(
        configured,
        policies={"core": {"levels": levels}},
        escalations={"backend": {"steps": [{"page": ["person:mei"]}]}},
    )
    room.fire(**DOWN)
    number = room.only().id
    room.pass_time(29 * 60)
    assert "incident.repeated" not in room.story(number)
    room.pass_time(3 * 60)
    assert room.story(number).count("incident.repeated") == 1
    assert room.story(number).count("escalation.started") == 2
    room.incidents.acknowledge(number, "person:mei")
    room.pass_time(3600)
    assert room.story(number).count("incident.repeated") == 1


def test_one_that_is_over_is_not_paged_again(room: Room):
    room.fire(**DOWN)
    room.clear(**DOWN)
    room.pass_time(2 * 3600, step=60)
    assert "incident.repeated" not in room.story(all_of(room)[0].id)


# The trace


def test_of_each_alert_the_last_fifty_judgements_are_kept(room: Room, configured: Holder[Configuration]):
    configured_with(configured, flapping={"changes": 1000})
    for _ in range(40):
        room.fire(**DOWN)
        room.clear(**DOWN)
    with room.store.read() as conn:
        found = steps(conn, id_of(fingerprint_of_labels({"alertname": "ShopDown", **DOWN})))
        alert = get(conn, id_of(fingerprint_of_labels({"alertname": "ShopDown", **DOWN})))
    assert alert is not None
    judged = [each for each in found if each.stage == "received"]
    assert len(judged) == KEPT
    assert judged[0].episode == alert.episode


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (
            {"job": "shop-api", "availability": "0"},
            ["received.fired", "held.nothing", "group.service", "severity.decided", "incident.opened", "page.paged"],
        ),
        (
            {"job": "shop-api"},
            ["received.fired", "held.nothing", "group.service", "severity.fallback", "incident.opened", "page.level"],
        ),
        (
            {"severity": "info"},
            ["received.fired", "held.nothing", "group.alert", "severity.decided", "incident.none"],
        ),
    ],
)  # fmt: skip
def test_every_alert_says_why_it_paged_or_not(room: Room, labels: dict[str, str], expected: list[str]):
    room.fire("Odd", **labels)
    assert room.why("Odd") == expected
