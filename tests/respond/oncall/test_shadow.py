"""Somebody who learns hears of each page, and is never the one who is paged."""

from __future__ import annotations

from typing import Any

from tocsin.ground import timeline
from tocsin.respond.oncall import Notices, Shadowing

LAYERS = [
    {"people": ["mei", "jun"], "rotation": "weekly", "start": "2026-11-16T09:00"},
    {"people": ["ana", "mei"], "rotation": "weekly", "start": "2026-11-16T09:00", "shadow": True},
]


def _follow(desk: Any) -> None:
    followers = timeline.Followers(desk.store)
    notices = Notices(lambda: desk.configuration, desk.deliveries)
    Shadowing(desk.clock, desk.oncall, notices).follow(followers)
    while followers.step():
        pass


def test_the_shadow_is_told_of_a_page_and_not_paged(make_desk):
    desk = make_desk(schedules={"backend": {"title": "Backend", "layers": LAYERS}})
    desk.open()
    _follow(desk)
    assert [person for _, step, person, _ in desk.paged() if step == 1] == ["ana", "mei"]
    kinds = {row.person: row.kind for row in desk.rows() if row.person}
    assert (kinds["mei"], kinds["ana"]) == ("page", "notice")
    (notice,) = [row for row in desk.rows() if row.person == "ana"]
    assert notice.message.subject == "[P0] Shop is down"
    assert notice.message.lines[0].startswith("You are the shadow of Mei-Ling Chen in Backend")


def test_the_same_page_is_told_once(make_desk):
    desk = make_desk(schedules={"backend": {"layers": LAYERS}})
    desk.open()
    _follow(desk)
    _follow(desk)
    assert sum(row.person == "ana" for row in desk.rows()) == 1


def test_without_a_shadow_nobody_else_is_told(desk):
    desk.open()
    _follow(desk)
    assert [row for row in desk.rows() if row.kind == "notice"] == []
