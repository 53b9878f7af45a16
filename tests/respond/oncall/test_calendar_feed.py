"""A calendar that reads the feed again and again shows each turn once, at the right hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from tocsin.respond.oncall import calendar_feed
from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.oncall.timetable import Cover, Timetable

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PEOPLE = {"mei": "Mei-Ling Chen", "jun": "吳俊", "new": "New, Nils; Jr"}
LAYERS: list[dict[str, Any]] = [
    {"people": ["mei", "jun"], "rotation": "weekly", "start": "2025-01-06T09:00"},
    {"people": ["new"], "rotation": "weekly", "start": "2025-01-06T09:00", "shadow": True},
]


def table(*covers: Cover, layers: list[dict[str, Any]] | None = None) -> Timetable:
    rota = Schedule.model_validate({"title": "Backend", "layers": layers or LAYERS})
    return Timetable(rota, BERLIN, covers)


def feed(rota: Timetable, at: datetime = NOW, person: str | None = None, **more: Any) -> bytes:
    entries = calendar_feed.entries({"backend": rota}, at, person)
    return calendar_feed.ics(entries, name="Backend", at=at, host="tocsin.example.com", people=PEOPLE, **more)


def events(body: bytes) -> dict[str, tuple[datetime, datetime, str]]:
    """UID → begin, end, summary."""
    found = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert len({str(each["uid"]) for each in found}) == len(found)
    return {
        str(each["uid"]): (each.decoded("dtstart"), each.decoded("dtend"), str(each["summary"]))
        for each in found
    }


def test_it_is_a_calendar_as_the_standard_wants_it():
    body = feed(table(), url="https://tocsin.example.com/oncall")
    read = icalendar.Calendar.from_ical(body)
    assert read["version"] == "2.0"
    assert read["prodid"]
    assert read.errors == []
    for event in read.walk("VEVENT"):
        assert event.errors == []
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


def test_each_turn_begins_at_nine_on_both_sides_of_the_change_of_clocks():
    found = [start for start, _, _ in events(feed(table())).values()]
    assert {f"{each.astimezone(BERLIN):%a %H:%M}" for each in found} == {"Mon 09:00"}
    assert {each.astimezone(UTC).hour for each in found} == {7, 8}


def test_a_turn_keeps_its_name_and_its_times_from_one_reading_to_the_next():
    first, later = events(feed(table())), events(feed(table(), NOW + timedelta(days=10, minutes=7)))
    common = first.keys() & later.keys()
    assert len(common) >= 24
    assert all(first[uid] == later[uid] for uid in common)
    # What one reading has and the other has not lies at the ends of the half year.
    assert len(first.keys() ^ later.keys()) <= 4


def test_who_is_alone_has_a_turn_each_week_and_not_one_without_end():
    layers = [{"people": ["mei"], "start": "2025-01-06T09:00"}]
    found = events(feed(table(layers=layers)))
    assert len(found) > 25
    assert {end - start for start, end, _ in found.values()} <= {
        timedelta(days=7, hours=hours) for hours in (-1, 0)
    }


def test_an_override_changes_the_one_turn_that_it_is_about():
    start = datetime(2026, 3, 16, 8, tzinfo=UTC)
    cover = Cover(id="ovr_1", person="jun", start=start, end=start + timedelta(days=1))
    before, after = events(feed(table())), events(feed(table(cover)))
    (uid,) = [uid for uid in before if before[uid][0] == start]
    assert "Mei-Ling Chen" in before[uid][2]
    assert after[uid] == (start, start + timedelta(days=1), "Backend: 吳俊 is on call")
    changed = [uid for uid in before if before[uid] != after.get(uid)]
    assert changed == [uid]


def test_one_person_sees_their_own_turns_and_those_in_which_they_learn():
    assert {summary for _, _, summary in events(feed(table(), person="jun")).values()} == {
        "Backend: 吳俊 is on call"
    }
    learning = events(feed(table(), person="new"))
    assert {summary for _, _, summary in learning.values()} == {"Backend: New, Nils; Jr learns"}
    assert all(uid.startswith("shadow-backend-") for uid in learning)
    assert events(feed(table(), person="nobody")) == {}


def test_a_calendar_speaks_the_language_of_its_reader():
    (summary, *_) = {text for _, _, text in events(feed(table(), person="mei", language="zh_Hant")).values()}
    assert "Mei-Ling Chen" in summary
    assert "is on call" not in summary


def test_gaps_are_nobodys_events():
    layers = [{"people": ["mei"], "start": "2025-01-06T09:00", "hours": ["mon-fri 09:00-18:00"]}]
    found = events(feed(table(layers=layers)))
    assert {end - start for start, end, _ in found.values()} == {timedelta(hours=9)}
