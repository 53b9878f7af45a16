"""Reasons that Tocsin gave are told in the reader's language; what a person wrote stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.ground.timeline import Event, reason, sentence, told
from tocsin.respond.incidents import recovery
from tocsin.respond.rollout import events
from tocsin.respond.runbooks import verification

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_english_is_as_it_was_kept():
    assert told(recovery._HELD(n=3), "en") == "stayed well for 3 rounds"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("by hand", "手動"),
        (recovery._HELD(n=3), "連續 3 輪維持正常"),
        (recovery._FAILED(text="health ✗ 500"), "觀察期間檢查未通過：health ✗ 500"),
        ("Restart the service: did not end in time", "Restart the service: 逾時未結束"),
        ("five users: did not end in time; cart: was cancelled", "five users: 逾時未結束; cart: 已取消"),
        (
            verification._SAW(condition="status == 200", seen="status 500"),
            "預期 status == 200，實際為 status 500",
        ),
    ],
)
def test_ours_is_told_in_chinese(why: str, said: str):
    assert told(why, "zh_Hant") == said


@pytest.mark.parametrize(
    "why", ["restarted the cache", "set {workers} to 8", "a: b; c", "", "x" * 5_000, "(.+)"]
)
def test_a_persons_words_stay(why: str):
    assert told(why, "zh_Hant") == why


def test_a_text_is_no_pattern():
    assert reason("how? (a+)+ {n}")(n=1) == "how? (a+)+ 1"
    assert (
        told("how? aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "zh_Hant") == "how? aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
    )


def test_what_tocsin_itself_says_in_the_story_of_a_repair_is_said_in_the_reader_s_language():
    def line(kind: str, **data: str) -> str:
        event = Event(seq=1, incident="INC-1", at=NOON, kind=kind, actor="person:mei", data=data)
        return sentence(event, "zh_Hant")

    chosen = line(events.CHOSEN.name, strategy="restart", advised="rollback", why="the release is old")
    assert "restart" not in chosen
    assert "重新啟動" in chosen
    assert "回滾" in chosen
    assert "the release is old" in chosen, "what a person wrote stays"
    assert "驗證" in line(events.STAGE.name, stage="verify", text="…")
    assert "記憶體洩漏" in line(events.CAUSE.name, cause="memory-leak", why="")
