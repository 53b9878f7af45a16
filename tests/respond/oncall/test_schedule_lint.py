"""What is wrong with a schedule is found beforehand, and a good one has a hundred points."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.configuration import Configuration
from tocsin.ground.catalogue.people import Person
from tocsin.respond.oncall.schedule_lint import Finding, findings
from tocsin.respond.oncall.timetable import Timetable

TAIPEI = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)  # Monday, 09:00 in Taipei
START = "2026-01-05T09:00"


NAMES = ["mei", "jun", "ana", "lee", "kim", "bo", "yu"]
TEAM = {name: {"name": name, "email": f"{name}@example.com"} for name in NAMES}


def layer(people: str, **values: Any) -> dict[str, Any]:
    return {"people": people.split(), "start": START, **values}


def look_at(
    schedules: dict[str, Any],
    people: dict[str, Any] | None = None,
    *,
    reached: Callable[[Person], bool] = lambda person: person.reachable,
    **values: Any,
) -> tuple[list[Finding], int]:
    named = TEAM if people is None else people
    rota = Configuration.model_validate({"people": named, "schedules": schedules, **values})
    tables = {name: Timetable(each, TAIPEI) for name, each in rota.schedules.items()}
    return findings(tables, tables.__getitem__, rota, reached, NOW)


def look(
    *layers: dict[str, Any], people: dict[str, Any] | None = None, **values: Any
) -> tuple[list[Finding], int]:
    return look_at({"backend": {"layers": list(layers), **values}}, people)


def rules(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.level, each.rule) for each in found]


def test_a_good_rota_has_nothing_to_complain_about():
    assert look(layer("mei jun ana")) == ([], 100)
    assert look(layer("mei jun ana lee kim bo yu")) == ([], 100)
    assert look(layer("mei jun ana", rotation="daily")) == ([], 100)


def test_a_gap_is_told_with_its_first_time_and_its_whole_length():
    found, score = look(layer("mei jun", hours=["mon-fri 09:00-18:00"]))
    assert rules(found) == [("error", "gap")]
    assert found[0].text == "Nobody is on call 60 times in the next 12 weeks, 1476 hours altogether."
    assert found[0].start == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert found[0].end == datetime(2026, 1, 6, 1, tzinfo=UTC)
    assert score < 60


def test_a_single_short_gap_costs_less_than_a_schedule_of_gaps():
    found, score = look(layer("mei jun", until="2026-03-29T09:00"))
    assert rules(found) == [("error", "gap")]
    assert "once" in found[0].text
    assert look(layer("mei jun", hours=["mon-fri 09:00-18:00"]))[1] < score < 100


def test_a_layer_below_others_that_cover_it_never_counts():
    found, score = look(layer("mei jun", name="old"), layer("ana lee", name="new"))
    assert rules(found) == [("warning", "covered")]
    assert "The layer old never counts" in found[0].text
    assert score == 95


def test_a_layer_that_is_over_or_to_come_is_not_called_covered():
    over = {"people": ["bo"], "start": "2025-01-01T00:00", "until": "2025-06-01T00:00"}
    later = {"people": ["yu"], "start": "2027-01-01T00:00"}
    assert look(over, layer("mei jun"), later) == ([], 100)


def test_somebody_alone_is_a_warning():
    found, score = look(layer("mei"))
    assert rules(found) == [("warning", "alone")]
    assert score == 80


def test_a_page_to_somebody_without_an_address_reaches_nobody():
    people = {"mei": TEAM["mei"], "jun": {"name": "Jun Wu"}}
    found, score = look(layer("mei jun ana"), people=people)
    assert rules(found) == [("error", "unreachable"), ("error", "unknown")]
    assert "jun has no address" in found[0].text
    assert "ana is not under people:" in found[1].text
    assert score == 65


def test_an_address_that_no_channel_knows_reaches_nobody_either():
    schedules = {"backend": {"layers": [layer("mei jun")]}}
    found, score = look_at(schedules, reached=lambda person: person.name == "mei")
    assert rules(found) == [("error", "unreachable")]
    assert found[0].text == "No channel knows an address of jun, so a page reaches nobody."
    assert score == 75


SECOND = {"p": {"steps": [{"page": ["schedule:first"]}, {"page": ["schedule:second"], "after": "5m"}]}}


def test_who_is_second_behind_themselves_is_told_with_how_long():
    schedules = {
        "first": {"layers": [layer("mei jun ana")]},
        "second": {"layers": [layer("jun mei", rotation="daily")]},
    }
    found, score = look_at(schedules, escalations=SECOND)
    assert rules(found) == [("warning", "twice")]
    # Jun has the first turn of a day, mei that of the week: Tuesday is the first day with mei in both.
    assert (found[0].schedule, found[0].start) == ("second", datetime(2026, 1, 6, 1, tzinfo=UTC))
    assert found[0].end == datetime(2026, 1, 7, 1, tzinfo=UTC)
    assert found[0].text == (
        "For 672 hours in the next 12 weeks the same person is on call here and in first, first mei: p then has "
        "nobody else to page."
    )
    assert score == 90


def test_who_is_second_this_week_and_first_in_the_next_is_well():
    schedules = {
        "first": {"layers": [layer("mei jun ana")]},
        "second": {"layers": [layer("jun ana mei")]},
    }
    assert look_at(schedules, escalations=SECOND) == ([], 100)


def test_schedules_that_no_escalation_pages_one_after_the_other_may_share_a_person():
    schedules = {name: {"layers": [layer("mei jun")]} for name in ("first", "second")}
    at_once = {"p": {"steps": [{"page": ["schedule:first", "schedule:second"]}]}}
    assert look_at(schedules) == ([], 100)
    assert look_at(schedules, escalations=at_once) == ([], 100)


def test_a_route_of_some_hours_counts_as_well():
    schedules = {name: {"layers": [layer("mei jun")]} for name in ("first", "second")}
    route = {"hours": ["mon-fri 09:00-18:00"], "steps": SECOND["p"]["steps"]}
    by_day = {"p": {"routes": [route], "steps": [{"page": ["everybody"]}]}}
    found, _ = look_at(schedules, escalations=by_day)
    assert rules(found) == [("warning", "twice")]
    assert "For 2016 hours" in found[0].text


def test_seven_people_by_the_day_leave_each_weekend_to_the_same_two():
    found, score = look(layer("mei jun ana lee kim bo yu", rotation="daily"))
    assert rules(found) == [("warning", "unfair")]
    assert "weekend days" in found[0].text
    assert score == 90


def test_who_has_two_turns_in_three_has_too_much():
    found, _ = look(layer("mei mei mei jun"))
    assert rules(found) == [("warning", "unfair")]
    assert found[0].text.startswith("In the layer 1 mei has ")
    assert "hours" in found[0].text


def test_people_of_different_layers_are_not_compared():
    found, _ = look(
        layer("mei jun", hours=["mon-fri 09:00-18:00"]),
        layer("ana lee", hours=["mon-fri 18:00-09:00"]),
        layer("kim bo", hours=["sat,sun 09:00-09:00"]),
    )
    assert found == []


def test_shadows_are_neither_covered_nor_alone_nor_unfair():
    assert look(layer("mei jun"), layer("ana", shadow=True)) == ([], 100)


def test_the_score_is_that_of_the_worst_schedule_and_errors_come_first():
    good = {"layers": [layer("mei jun")]}
    poor = {"layers": [layer("mei", hours=["mon-fri 09:00-18:00"])]}
    found, score = look_at({"good": good, "poor": poor})
    assert [(each.schedule, *rule) for each, rule in zip(found, rules(found), strict=True)] == [
        ("poor", "error", "gap"),
        ("poor", "warning", "alone"),
    ]
    assert score == look_at({"poor": poor})[1] < 10
    assert look_at({}) == ([], 100)
