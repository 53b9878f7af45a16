"""How long is left: warned of, missed, met; moved with the severity, and silent once they no longer matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from incident_room import CONFIGURATION, Room

from tocsin.act.notify import of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.engine.timers import Timer
from tocsin.ground.kernel.settings import Holder

Clocks = dict[str, tuple[str, float]]


def burning(room: Room, severity: str = "P0") -> str:
    return room.incidents.declare("Checkout is broken", "shop", severity, "", "person:jun").id


def clocks(room: Room, incident: str) -> Clocks:
    """Clock → its state and its length in minutes."""
    with room.store.read() as conn:
        return {
            each.name: (each.state, (each.due_at - each.started_at).total_seconds() / 60)
            for each in room.incidents.clocks(conn, incident)
        }


def told(room: Room, incident: str, kind: str) -> list[str]:
    """Which clocks the story says that of, in order."""
    with room.store.read() as conn:
        return [each.data["clock"] for each in timeline.of_incident(conn, incident, kinds=(kind,))]


def notices(room: Room, incident: str) -> list[tuple[str | None, str]]:
    """Who was told what, beside the pages of the ladder."""
    with room.store.read() as conn:
        return [
            (each.person, each.message.subject if each.message else "")
            for each in of_incident(conn, incident)
            if each.kind == "notice"
        ]


def test_a_clock_warns_at_four_fifths_and_pages_when_it_has_run_out(room: Room):
    id_ = burning(room)
    room.pass_time(239)
    assert told(room, id_, "clock.warned") == []
    room.pass_time(1)
    assert told(room, id_, "clock.warned") == ["assess"]
    room.pass_time(59)
    assert notices(room, id_) == []
    room.pass_time(1)
    assert told(room, id_, "clock.missed") == ["assess"]
    assert notices(room, id_) == [("mei", "[P0] The clock assess has run out: Checkout is broken")]


def test_a_missed_clock_says_when_it_was_due_on_the_clock_of_the_place(room: Room, configured: Holder):
    configured.swap(Configuration.model_validate(CONFIGURATION | {"time_zone": "Asia/Taipei"}))
    id_ = burning(room)
    room.pass_time(300)
    with room.store.read() as conn:
        (notice,) = [each for each in of_incident(conn, id_) if each.kind == "notice"]
    assert notice.message
    assert notice.message.lines == (f"It was due at 18:35:00 (Asia/Taipei) ({id_}).",)


def test_a_missed_clock_is_told_in_the_language_of_who_hears_it(room: Room, configured: Holder):
    people = {"mei": CONFIGURATION["people"]["mei"] | {"language": "zh_Hant"}}
    configured.swap(Configuration.model_validate(CONFIGURATION | {"people": people}))
    id_ = burning(room)
    room.pass_time(300)
    assert notices(room, id_) == [("mei", "[P0] 時限 assess 已到：Checkout is broken")]


def test_what_was_acknowledged_in_time_is_met_and_stays_silent(room: Room):
    id_ = burning(room)
    room.pass_time(200)
    room.incidents.acknowledge(id_, "person:mei")
    assert clocks(room, id_)["assess"] == ("met", 5)
    room.pass_time(600)
    assert told(room, id_, "clock.warned") == []
    assert notices(room, id_) == []


def test_acknowledged_after_the_miss_is_met_late_and_stays_missed(room: Room):
    id_ = burning(room)
    room.pass_time(400)
    room.incidents.acknowledge(id_, "person:mei")
    assert clocks(room, id_)["assess"] == ("missed", 5)
    assert told(room, id_, "clock.met") == ["assess"]
    assert told(room, id_, "clock.missed") == ["assess"], "told once"


def test_an_act_that_comes_before_the_late_timer_still_tells_that_it_was_missed(room: Room):
    id_ = burning(room)
    room.clock.tick(400)  # nothing swept: the process was down
    room.incidents.acknowledge(id_, "person:mei")
    assert told(room, id_, "clock.missed") == ["assess"]
    room.pass_time(60)
    assert told(room, id_, "clock.missed") == ["assess"]
    assert told(room, id_, "clock.warned") == []
    assert notices(room, id_) == []


def test_after_a_long_stop_the_miss_is_told_and_no_warning_of_what_is_past(room: Room):
    id_ = burning(room)
    room.clock.tick(400)
    room.pass_time(1)
    assert told(room, id_, "clock.warned") == []
    assert told(room, id_, "clock.missed") == ["assess"]
    assert len(notices(room, id_)) == 1


def test_a_timer_that_fires_twice_tells_and_pages_once(room: Room, monkeypatch: pytest.MonkeyPatch):
    handlers = room.timers._handlers

    def twice(handler: Callable[[Timer], None]) -> Callable[[Timer], None]:
        def run(due: Timer) -> None:
            handler(due)
            handler(due)

        return run

    for kind in ("clock.warn", "clock.miss"):
        monkeypatch.setitem(handlers, kind, twice(handlers[kind]))
    id_ = burning(room)
    room.pass_time(300)
    assert told(room, id_, "clock.warned") == ["assess"]
    assert told(room, id_, "clock.missed") == ["assess"]
    assert len(notices(room, id_)) == 1


def test_a_clock_that_moves_while_its_timer_is_on_its_way_is_not_missed(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    id_ = burning(room)
    real = room.timers._handlers["clock.miss"]

    def overtaken(due: Timer) -> None:
        if due.subject == f"{id_}/assess":
            room.incidents.set_severity(id_, "P1", "only a few", "person:mei")
        real(due)

    room.pass_time(299)
    monkeypatch.setitem(room.timers._handlers, "clock.miss", overtaken)
    room.pass_time(1)
    monkeypatch.undo()
    assert told(room, id_, "clock.missed") == []
    assert clocks(room, id_)["assess"] == ("running", 15)
    room.pass_time(600)
    assert told(room, id_, "clock.missed") == ["assess"]


def test_a_level_whose_deadline_is_none_has_no_clock(room: Room, configured: Holder):
    levels = CONFIGURATION["policies"]["core"]["levels"]
    endless = levels | {"P0": levels["P0"] | {"clocks": {"assess": "5m", "restore": "none"}}}
    configured.swap(Configuration.model_validate(CONFIGURATION | {"policies": {"core": {"levels": endless}}}))
    id_ = burning(room)
    assert list(clocks(room, id_)) == ["assess"]
    room.pass_time(86_400, step=3_600)
    assert told(room, id_, "clock.missed") == ["assess"]


def test_raising_the_severity_brings_the_deadlines_nearer_from_the_same_start(room: Room):
    id_ = burning(room, "P1")
    room.pass_time(120)
    room.incidents.set_severity(id_, "P0", "everybody is affected", "person:mei")
    assert clocks(room, id_) == {"assess": ("running", 5), "restore": ("running", 30)}
    assert told(room, id_, "clock.moved") == ["assess", "restore"]
    room.pass_time(180)
    assert told(room, id_, "clock.missed") == ["assess"]


def test_raised_past_its_new_deadline_a_clock_is_missed_at_once_without_a_warning(room: Room):
    id_ = burning(room, "P1")
    room.pass_time(360)
    room.incidents.set_severity(id_, "P0", "everybody is affected", "person:mei")
    room.pass_time(1)
    assert told(room, id_, "clock.missed") == ["assess"]
    assert told(room, id_, "clock.warned") == []


def test_raised_again_what_was_missed_already_does_not_page_again(room: Room):
    id_ = burning(room, "P1")
    room.pass_time(960)
    assert len(notices(room, id_)) == 1
    room.incidents.set_severity(id_, "P0", "everybody is affected", "person:mei")
    room.pass_time(60)
    assert clocks(room, id_)["assess"] == ("missed", 5)
    assert told(room, id_, "clock.missed") == ["assess"]
    assert len(notices(room, id_)) == 1


def test_lowering_the_severity_gives_more_time_also_to_what_was_missed(room: Room):
    id_ = burning(room)
    room.pass_time(360)
    room.incidents.set_severity(id_, "P1", "only a few", "person:mei")
    assert clocks(room, id_) == {"assess": ("running", 15), "restore": ("running", 120)}
    room.incidents.acknowledge(id_, "person:mei")
    assert clocks(room, id_)["assess"] == ("met", 15)


def test_a_level_without_clocks_takes_them_away_and_says_so(room: Room):
    id_ = burning(room)
    room.incidents.set_severity(id_, "P3", "a false alarm", "person:mei")
    assert clocks(room, id_) == {}
    assert told(room, id_, "clock.dropped") == ["assess", "restore"]
    room.pass_time(3_600, step=60)
    assert notices(room, id_) == []


def test_raised_after_somebody_has_it_no_clock_asks_to_acknowledge(room: Room):
    id_ = burning(room, "P3")
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.set_severity(id_, "P0", "everybody is affected", "person:mei")
    assert clocks(room, id_) == {"restore": ("running", 30)}
    room.pass_time(600)
    assert notices(room, id_) == []


def test_raised_for_the_record_what_is_over_starts_no_clock_that_nothing_can_meet(room: Room):
    id_ = burning(room, "P3")
    room.incidents.resolve(id_, "", "person:mei")
    room.incidents.set_severity(id_, "P0", "it was everybody", "person:mei")
    assert list(clocks(room, id_)) == ["report"]
    room.incidents.close(id_, "", "person:mei")
    room.incidents.set_severity(id_, "P1", "not quite everybody", "person:mei")
    room.pass_time(7_200, step=60)
    assert notices(room, id_) == []


def test_moments_of_the_story_stay_in_order_when_clocks_begin_late(room: Room):
    id_ = burning(room, "P3")
    room.pass_time(60)
    room.incidents.set_severity(id_, "P0", "everybody is affected", "person:mei")
    with room.store.read() as conn:
        moments = [each.at for each in timeline.of_incident(conn, id_)]
    assert moments == sorted(moments)


def test_no_clock_of_a_closed_incident_fires(room: Room):
    id_ = burning(room)
    room.incidents.resolve(id_, "", "person:mei")
    room.incidents.close(id_, "", "person:mei")
    room.pass_time(86_400, step=600)
    assert notices(room, id_) == []
    assert told(room, id_, "clock.warned") == []
    assert {state for state, _ in clocks(room, id_).values()} == {"met"}


def test_a_report_that_nobody_reads_in_time_is_missed(room: Room):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:jun")
    room.incidents.resolve(id_, "", "person:jun")
    room.pass_time(3_600, step=60)
    assert told(room, id_, "clock.missed") == ["report"]
    assert notices(room, id_) == [("jun", "[P0] The clock report has run out: Checkout is broken")]


def test_opened_again_there_is_no_report_to_write_until_it_ends_again(room: Room):
    id_ = burning(room)
    room.incidents.resolve(id_, "", "person:mei")
    room.pass_time(1_800, step=60)
    room.incidents.reopen(id_, "it is back", "person:mei")
    assert "report" not in clocks(room, id_)
    room.incidents.acknowledge(id_, "person:mei")
    room.pass_time(1_740, step=60)
    assert notices(room, id_) == []
    room.incidents.resolve(id_, "", "person:mei")
    assert clocks(room, id_)["report"] == ("running", 60)
    room.incidents.close(id_, "", "person:mei")
    room.incidents.reopen(id_, "and again", "person:mei")
    room.incidents.resolve(id_, "", "person:mei")
    assert clocks(room, id_)["report"] == ("running", 60), "another end, another report"


def test_opened_again_days_later_its_deadlines_count_from_now(room: Room):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.resolve(id_, "", "person:mei")
    room.clock.tick(2 * 86_400)
    reopened = room.clock.now()
    room.incidents.reopen(id_, "it is back", "person:jun")
    with room.store.read() as conn:
        began = {each.name: each.started_at for each in room.incidents.clocks(conn, id_)}
    assert began == {"assess": reopened, "restore": reopened}
    room.pass_time(300)
    assert told(room, id_, "clock.missed") == ["assess"]


def test_back_within_the_soak_its_clocks_run_on_and_one_that_ran_out_meanwhile_pages(room: Room):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:mei")
    room.pass_time(1_700, step=60)
    room.incidents.mitigate(id_, "restarted", "person:mei")
    assert clocks(room, id_)["restore"] == ("met", 30)
    room.pass_time(150)
    assert told(room, id_, "clock.missed") == []
    room.incidents.reopen(id_, "it is back", "person:jun")
    room.pass_time(1)
    assert told(room, id_, "clock.missed") == ["restore"]
    assert len(notices(room, id_)) == 2, "that it is back, and that its time has run out"


def test_back_within_the_soak_what_nobody_had_acknowledged_asks_again(room: Room):
    room.fire(job="shop-web", availability="0")
    id_ = room.only().id
    room.clear(job="shop-web", availability="0")
    assert clocks(room, id_)["assess"][0] == "met"
    room.pass_time(60)
    room.fire(job="shop-web", availability="0")
    assert clocks(room, id_)["assess"] == ("running", 5)
    room.pass_time(300)
    assert told(room, id_, "clock.missed") == ["assess"]


def test_the_clocks_of_many_incidents_are_one_question(room: Room):
    ids = [burning(room), burning(room, "P3"), burning(room, "P1")]
    with room.store.read() as conn:
        many = room.incidents.clocks_of_all(conn, ids)
        assert many == {id_: room.incidents.clocks(conn, id_) for id_ in (ids[0], ids[2])}


def test_the_number_of_an_incident_has_the_year_of_the_place(room: Room, configured: Holder):
    configured.swap(Configuration.model_validate(CONFIGURATION | {"time_zone": "Asia/Taipei"}))
    eve = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    room.clock.tick((eve - room.clock.now()).total_seconds())
    assert burning(room) == "INC-2026-0001"
    room.clock.tick(60)
    assert burning(room) == "INC-2027-0001"
