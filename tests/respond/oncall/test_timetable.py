"""A schedule answers for one instant and for a stretch of time; both say the same, whatever it is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.oncall.timetable import Cover, Stretch, Timetable

TAIPEI = ZoneInfo("Asia/Taipei")
MOMENT = timedelta(microseconds=1)


def at(text: str, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def table(*layers: dict[str, Any], covers: list[Cover] | None = None, **values: Any) -> Timetable:
    rota = Schedule.model_validate({"layers": list(layers), **values})
    return Timetable(rota, TAIPEI, covers or [])


def layer(people: str, start: str = "2026-01-05T09:00", **values: Any) -> dict[str, Any]:
    return {"people": people.split(), "start": start, **values}


def told(found: list[Stretch]) -> list[tuple[str, str | None]]:
    return [(f"{each.start.astimezone(TAIPEI):%m-%d %H:%M}", each.person) for each in found]


def cover(person: str, start: str, end: str, id_: str = "ovr_1") -> Cover:
    return Cover(id=id_, person=person, start=at(start), end=at(end))


def test_stretches_end_with_each_turn_and_tell_their_layer():
    rota = table(layer("mei jun"), layer("ana", hours=["sat,sun"]))
    found = rota.stretches(at("2026-01-09T12:00"), at("2026-01-13T12:00"))
    assert told(found) == [
        ("01-09 12:00", "mei"),
        ("01-10 00:00", "ana"),
        ("01-12 00:00", "mei"),
        ("01-12 09:00", "jun"),
    ]
    assert [each.layer for each in found] == [0, 1, 0, 0]
    assert found[-1].end == at("2026-01-13T12:00")


def test_a_stretch_of_nobody_stands_for_each_gap():
    rota = table(layer("mei", hours=["mon-fri 09:00-18:00"]))
    found = rota.stretches(at("2026-01-09T12:00"), at("2026-01-12T10:00"))
    assert told(found) == [("01-09 12:00", "mei"), ("01-09 18:00", None), ("01-12 09:00", "mei")]


def test_what_people_changed_goes_before_the_configuration_and_the_last_change_before_all():
    rota = table(
        layer("mei"),
        overrides=[{"person": "ana", "from": "2026-01-06T00:00", "until": "2026-01-07T00:00"}],
        covers=[
            cover("jun", "2026-01-06T10:00", "2026-01-06T14:00"),
            cover("lee", "2026-01-06T12:00", "2026-01-06T13:00", "ovr_2"),
        ],
    )
    found = rota.stretches(at("2026-01-05T12:00"), at("2026-01-07T12:00"))
    assert [(*row, each.override) for row, each in zip(told(found), found, strict=True)] == [
        ("01-05 12:00", "mei", None),
        ("01-06 00:00", "ana", "config:1"),
        ("01-06 10:00", "jun", "ovr_1"),
        ("01-06 12:00", "lee", "ovr_2"),
        ("01-06 13:00", "jun", "ovr_1"),
        ("01-06 14:00", "ana", "config:1"),
        ("01-07 00:00", "mei", None),
    ]
    assert rota.who(at("2026-01-06T12:30")) == "lee"


def test_a_layer_for_holidays_and_one_for_the_other_days():
    # 17 February 2026 is the first day of the year of the horse: a holiday in Taiwan, a Tuesday.
    rota = table(
        layer("mei", hours=["mon-fri 09:00-18:00"], holidays="except"),
        layer("jun", hours=["09:00-18:00"], holidays="only"),
        holidays=["TW", "2026-03-02"],
    )
    assert rota.who(at("2026-02-17T10:00")) == "jun"
    assert rota.who(at("2026-02-24T10:00")) == "mei"
    assert rota.who(at("2026-03-02T10:00")) == "jun"
    assert rota.who(at("2026-03-01T10:00")) is None


def test_a_night_that_begins_on_a_holiday_is_one_of_the_holiday():
    rota = table(
        layer("mei", hours=["18:00-09:00"]),
        layer("jun", hours=["18:00-09:00"], holidays="only"),
        holidays=["2026-03-02"],
    )
    found = rota.stretches(at("2026-03-02T18:00"), at("2026-03-04T00:00"))
    assert told(found) == [("03-02 18:00", "jun"), ("03-03 09:00", None), ("03-03 18:00", "mei")]


def test_a_holiday_lasts_from_midnight_to_midnight_where_a_layer_has_no_hours():
    rota = table(layer("mei"), layer("jun", holidays="only"), holidays=["2026-03-02"])
    begins, ends = at("2026-03-02T00:00"), at("2026-03-03T00:00")
    assert list(rota.changes(at("2026-03-01T12:00")))[:2] == [(begins, "jun"), (ends, "mei")]
    assert [rota.who(moment) for moment in (begins - MOMENT, begins, ends - MOMENT, ends)] == [
        "mei",
        "jun",
        "jun",
        "mei",
    ]


def test_a_shadow_is_told_of_and_never_on_call():
    rota = table(layer("mei jun"), layer("new jun", shadow=True, hours=["mon-fri 09:00-18:00"]))
    assert rota.who(at("2026-01-06T10:00")) == "mei"
    assert rota.shadows(at("2026-01-06T10:00")) == ("new",)
    assert rota.shadows(at("2026-01-06T20:00")) == ()
    # In the second week Jun is on call and has the turn of the shadow, too.
    assert rota.who(at("2026-01-13T10:00")) == "jun"
    assert rota.shadows(at("2026-01-13T10:00")) == ()
    assert {each.person for each in rota.stretches(at("2026-01-05T09:00"), at("2026-02-05T09:00"))} == {
        "mei",
        "jun",
    }


def test_since_when_somebody_is_on_call_goes_over_turns_of_the_same_person():
    rota = table(layer("mei mei jun"))
    assert rota.since(at("2026-01-14T12:00")) == at("2026-01-05T09:00")
    assert rota.since(at("2026-01-20T12:00")) == at("2026-01-19T09:00")
    assert table(layer("mei")).since(at("2026-06-01T12:00")) == at("2026-04-27T12:00"), "five weeks at most"


def test_one_who_is_always_on_call_is_never_relieved():
    assert list(table(layer("mei")).changes(at("2026-02-01T00:00"))) == []


ZONES = st.sampled_from(
    ["UTC", "Asia/Taipei", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Antarctica/Troll"]
)
LAYERS = st.builds(
    lambda people, start, until, **values: (
        layer(people, start, **values) | ({"until": until} if until else {})
    ),
    st.sampled_from(["mei", "mei jun", "mei jun ana"]),
    st.sampled_from(["2026-01-05T09:00", "2026-03-29T02:30", "2026-10-25T02:30"]),
    st.sampled_from([None, None, "2026-06-01T12:00"]),
    rotation=st.sampled_from(["daily", "weekly", "12h", "25h", "1h"]),
    hours=st.sampled_from([[], ["mon-fri 09:00-18:00"], ["18:00-09:00"], ["sat,sun", "fri 22:00-04:30"]]),
    holidays=st.sampled_from([None, "only", "except"]),
    shadow=st.booleans(),
)
COVERS = st.lists(
    st.sampled_from(
        [
            cover("lee", "2026-03-28T12:00", "2026-03-30T01:00", "ovr_1"),
            cover("kim", "2026-03-29T10:00", "2026-03-29T10:30", "ovr_2"),
            cover("mei", "2026-10-24T12:00", "2026-10-26T12:00", "ovr_3"),
        ]
    ),
    max_size=3,
    unique_by=lambda each: each.id,
)
STARTS = st.sampled_from(
    [
        datetime(2026, 3, 25, 7, tzinfo=UTC),
        datetime(2026, 10, 21, tzinfo=UTC),
        datetime(2026, 5, 30, tzinfo=UTC),
    ]
)


@given(st.lists(LAYERS, min_size=1, max_size=4), COVERS, STARTS, ZONES)
def test_one_instant_and_a_whole_week_say_the_same(
    layers: list[dict[str, Any]], covers: list[Cover], start: datetime, zone: str
):
    base = layer("base", "2026-01-01T00:00", until="2026-10-23T00:00")
    rota = Timetable(
        Schedule.model_validate({"layers": [base, *layers], "holidays": ["DE", "2026-10-22"]}),
        ZoneInfo(zone),
        covers,
    )
    end = start + timedelta(days=7)
    found = rota.stretches(start, end)
    assert (found[0].start, found[-1].end) == (start, end)
    for before, after in pairwise(found):
        assert before.end == after.start
    for each in found:
        assert each.start < each.end
        for moment in (each.start, each.start + (each.end - each.start) / 2, each.end - MOMENT):
            assert rota.who(moment) == each.person
