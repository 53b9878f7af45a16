"""What is held back pages nobody, and is judged the moment that nothing holds it back any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room

from tocsin.configuration import Configuration
from tocsin.ground.kernel.settings import Holder
from tocsin.respond.incidents import Triage
from tocsin.sense.alerts import list_alerts
from tocsin.sense.alerts.held import held
from tocsin.sense.alerts.matchers import parse_matcher
from tocsin.sense.alerts.silence import Silence
from tocsin.sense.alerts.trace import steps, tell

DOWN = {"job": "shop-api", "availability": "0"}


def quiet(room: Room, *matchers: str, minutes: float = 30, begin: float = 0) -> Silence:
    now = room.clock.now()
    return room.folds.silences.put(
        matchers=[parse_matcher(each) for each in matchers],
        starts_at=now + timedelta(minutes=begin),
        ends_at=now + timedelta(minutes=begin + minutes),
        created_by="person:mei",
        comment="the disk is being changed",
        confirmed=True,
    )


def settle(room: Room) -> None:
    while room.triage.step():
        pass


def opened(room: Room) -> list[str]:
    with room.store.read() as conn:
        return [each.title for each in room.incidents.list(conn)]


def held_names(room: Room) -> dict[str, tuple[int, int, int]]:
    with room.store.read() as conn:
        alerts = list_alerts(conn)
    found = held(room.folds, alerts)
    names = {each.id: each.name for each in alerts}
    return {
        names[id_]: (len(each.silences), len(each.windows), len(each.inhibited_by))
        for id_, each in found.items()
    }


def test_a_silenced_alert_stands_in_the_list_and_pages_nobody(room: Room):
    quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    assert opened(room) == []
    assert held_names(room) == {"ShopDown": (1, 0, 0)}
    assert room.why("ShopDown") == ["received.fired", "silence.held"]


def test_when_a_silence_ends_what_still_fires_pages_as_if_it_were_new(room: Room):
    quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    room.clock.tick(29 * 60)
    settle(room)
    assert opened(room) == []
    room.clock.tick(61)
    settle(room)
    assert room.only().severity == "P0"
    assert room.pages(room.only().id)[0][0] == "mei"
    assert room.why("ShopDown")[0] == "received.again"
    assert room.why("ShopDown")[-1] == "page.paged"


def test_a_silence_that_is_ended_by_hand_lets_go_at_once(room: Room):
    silence = quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    room.folds.silences.expire(silence.id, "person:jun")
    settle(room)
    assert room.only().severity == "P0"


def test_a_silence_that_is_made_shorter_lets_go_at_its_new_end(room: Room):
    silence = quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    room.folds.silences.put(
        id=silence.id,
        matchers=silence.matchers,
        starts_at=silence.starts_at,
        ends_at=room.clock.now() + timedelta(minutes=5),
        created_by="person:mei",
        comment="",
    )
    room.clock.tick(4 * 60)
    settle(room)
    assert opened(room) == []
    room.clock.tick(61)
    settle(room)
    assert opened(room) == ["ShopDown in the shop"]


def test_a_silence_that_ends_while_nobody_serves_is_noticed_at_the_start(room: Room):
    quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    room.clock.tick(3600)
    Triage(desk=room.triage.desk).step()
    assert room.only().state == "triggered"


def test_what_two_silences_hide_waits_for_both(room: Room):
    quiet(room, 'alertname="ShopDown"', minutes=10)
    quiet(room, 'job="shop-api"', minutes=20)
    room.fire(**DOWN)
    room.clock.tick(11 * 60)
    settle(room)
    assert opened(room) == []
    assert held_names(room) == {"ShopDown": (1, 0, 0)}
    room.clock.tick(10 * 60)
    settle(room)
    assert opened(room) == ["ShopDown in the shop"]


def test_what_ends_while_it_is_silenced_was_nothing_for_anybody(room: Room):
    quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    room.clear(**DOWN)
    room.clock.tick(3600)
    settle(room)
    assert opened(room) == []
    assert "held.over" in room.why("ShopDown")


def test_a_silence_over_all_alerts_of_an_incident_stops_its_paging_and_the_story_says_so(room: Room):
    room.fire(**DOWN)
    number = room.only().id
    silence = quiet(room, 'alertname="ShopDown"')
    room.triage.step()
    assert "incident.hushed" in room.story(number)
    assert {state for _, state in room.pages(number)} <= {"cancelled", "claimed"}
    assert room.only().state == "triggered"
    room.folds.silences.expire(silence.id, "person:mei")
    settle(room)
    assert "incident.unhushed" in room.story(number)
    assert room.story(number).count("escalation.started") == 2


def test_paging_goes_on_while_one_alert_of_the_incident_is_not_silenced(room: Room):
    room.fire(**DOWN)
    room.fire("WebDown", job="shop-web", availability="0")
    number = room.only().id
    quiet(room, 'alertname="ShopDown"')
    room.triage.step()
    assert "incident.hushed" not in room.story(number)
    room.clear("WebDown", job="shop-web", availability="0")
    assert "incident.hushed" in room.story(number), "the one that is left is silenced"


def test_an_alert_that_joins_a_hushed_incident_pages(room: Room):
    room.fire(**DOWN)
    number = room.only().id
    quiet(room, 'alertname="ShopDown"')
    room.triage.step()
    room.fire("WebDown", job="shop-web", availability="0")
    assert "incident.unhushed" in room.story(number)
    assert room.why("WebDown")[-1] == "page.paged"


def test_a_silence_that_begins_later_hushes_when_it_begins(room: Room):
    room.fire(**DOWN)
    number = room.only().id
    quiet(room, 'alertname="ShopDown"', begin=10)
    room.triage.step()
    assert "incident.hushed" not in room.story(number)
    room.clock.tick(601)
    room.triage.step()
    assert "incident.hushed" in room.story(number)


def test_an_alert_within_a_maintenance_window_is_judged_at_its_end(room: Room):
    room.folds.maintenance.put(
        title="Upgrade",
        services=["shop"],
        starts_at=room.clock.now(),
        ends_at=room.clock.now() + timedelta(hours=1),
        created_by="person:mei",
    )
    room.fire(**DOWN)
    room.fire("DiskFull", host="db1", severity="critical")
    assert opened(room) == ["DiskFull in the shop"]
    assert room.why("ShopDown") == ["received.fired", "maintenance.held"]
    room.clock.tick(3601)
    settle(room)
    assert len(opened(room)) == 2


def test_a_window_that_is_ended_early_lets_go_at_once(room: Room):
    window = room.folds.maintenance.put(
        title="Upgrade",
        services=["shop"],
        starts_at=room.clock.now(),
        ends_at=room.clock.now() + timedelta(hours=1),
        recurs="FREQ=DAILY",
        created_by="person:mei",
    )
    room.fire(**DOWN)
    room.folds.maintenance.end(window.id, "person:jun")
    settle(room)
    assert room.only().severity == "P0"


INHIBITING: dict[str, Any] = {
    **CONFIGURATION,
    "inhibit": [
        {
            "source": ['alertname="SwitchDown"'],
            "target": ['layer="host"'],
            "equal": ["rack"],
        },
        {"source": ['severity="critical"'], "target": ['severity=~"critical|warning"'], "equal": ["rack"]},
    ],
}


@pytest.fixture
def switched(room: Room, configured: Holder[Configuration]) -> Room:
    configured.swap(Configuration.model_validate(INHIBITING))
    room.folds.inhibition.rebuild()
    return room


def test_while_its_source_fires_a_target_is_held_back(switched: Room):
    switched.fire("SwitchDown", rack="r1")
    switched.fire("HostDown", rack="r1", layer="host")
    switched.fire("HostDown", rack="r2", layer="host")
    assert sorted(opened(switched)) == ["HostDown in the shop", "SwitchDown in the shop"]
    assert held_names(switched) == {"HostDown": (0, 0, 1)}


def test_when_the_source_is_over_first_its_target_is_judged(switched: Room):
    switched.fire("SwitchDown", rack="r1")
    switched.fire("HostDown", rack="r1", layer="host")
    assert len(opened(switched)) == 1
    switched.clear("SwitchDown", rack="r1")
    assert sorted(opened(switched)) == ["HostDown in the shop", "SwitchDown in the shop"]
    assert switched.why("HostDown")[0] == "received.again"


def test_an_alert_never_holds_itself_back_nor_its_like(switched: Room):
    """Both are source and target of the second rule."""
    switched.fire("A", rack="r1", severity="critical")
    switched.fire("B", rack="r1", severity="critical")
    assert sorted(opened(switched)) == ["A in the shop", "B in the shop"]
    switched.fire("C", rack="r1", severity="warning")
    assert len(opened(switched)) == 2


def test_a_rule_that_leaves_the_configuration_lets_go(switched: Room, configured: Holder[Configuration]):
    switched.fire("SwitchDown", rack="r1")
    switched.fire("HostDown", rack="r1", layer="host")
    configured.swap(Configuration.model_validate(CONFIGURATION))
    switched.folds.inhibition.rebuild()
    settle(switched)
    assert len(opened(switched)) == 2


def test_a_rule_that_is_new_knows_what_fires_already(room: Room, configured: Holder[Configuration]):
    room.fire("SwitchDown", rack="r1")
    configured.swap(Configuration.model_validate(INHIBITING))
    room.folds.inhibition.rebuild()
    room.fire("HostDown", rack="r1", layer="host")
    assert opened(room) == ["SwitchDown in the shop"]


def test_every_step_is_told_in_both_languages(room: Room):
    quiet(room, 'alertname="ShopDown"')
    room.fire(**DOWN)
    room.clock.tick(1801)
    settle(room)
    with room.store.read() as conn:
        (alert,) = list_alerts(conn)
        found = steps(conn, alert.id)
    english = [tell(each, "en", "Asia/Taipei") for each in found]
    assert "Silenced by mei until 21 Nov 2026, 19:00:00 (Asia/Taipei): the disk is being changed" in english
    assert "Paged mei" in english
    chinese = [tell(each, "zh_Hant", "Asia/Taipei") for each in found]
    assert all(one != other for one, other in zip(english, chinese, strict=True)), (
        "every step has its translation"
    )
