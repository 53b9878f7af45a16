"""A timeline as a reader wants it: newest first, a burst as one line."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.faces.web.story import story_of
from tocsin.ground.timeline import Event

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def events(*kinds: str) -> list[Event]:
    return [
        Event(seq=seq, incident="INC-2026-0001", at=AT, kind=kind, actor="tocsin", data={"name": f"a{seq}"})
        for seq, kind in enumerate(kinds, start=1)
    ]


def test_the_newest_line_comes_first():
    assert [line.newest.seq for line in story_of(events("incident.opened", "note.added"))] == [2, 1]


def test_a_burst_is_one_line_that_keeps_its_place_while_it_grows():
    lines = story_of(events("incident.opened", *["alert.attached"] * 5, "note.added"))
    assert [len(line.events) for line in lines] == [1, 5, 1]
    assert lines[1].folded == "{n} alerts belong to this incident"
    assert lines[1].id == "e2"
    assert story_of(events("incident.opened", *["alert.attached"] * 9))[0].id == "e2"


def test_a_few_are_told_one_by_one():
    lines = story_of(events(*["alert.attached"] * 3))
    assert [line.folded for line in lines] == ["", "", ""]


def test_what_stands_beside_it_is_not_told_again():
    assert story_of(events("clock.started", "page.queued", "run.step.started")) == []


def test_checks_that_fail_again_and_again_are_one_line_until_they_pass():
    told = [
        Event(seq=seq, incident="INC-2026-0001", at=AT, kind="run.verified", actor="run:run_1", data=data)
        for seq, data in enumerate([*[{"ok": False, "why": "five users: 500"}] * 6, {"ok": True}], start=1)
    ]
    lines = story_of(told)
    assert [line.folded for line in lines] == ["", "{n} rounds of checks did not pass"]
    assert lines[1].what == ["five users: 500"]
