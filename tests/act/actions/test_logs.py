"""Errors by kind: from a file, a command and another action; before against after; and no line that holds it up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.act.actions.action import CannotRun
from tocsin.act.actions.log_lines import MOST_KINDS, OTHER, compare, complains, histogram, kind_of

Act = Callable[..., Any]
LINES = [
    '2026-03-01T09:00:01.123Z ERROR [req 4f9a1c22] upstream 10.0.0.7:8080 timed out after 30.5s for "GET /a"',
    '2026-03-01T09:00:02.456Z ERROR [req 99c1bb07] upstream 10.0.0.8:8080 timed out after 31.0s for "GET /b?x=1"',
    "2026-03-01T09:00:03Z INFO served 200 in 12 ms",
    "2026-03-01 09:00:04,001 KeyError: 'user_7781' in session 5b0c2a9e-8a38-4d1b-9c51-0e8a4f1f2c3d",
    "2026-03-01T09:00:05Z INFO finished with 0 errors",
]


def test_lines_that_differ_in_numbers_and_ids_are_one_kind():
    found = histogram(LINES, {"timeouts": "TIMED OUT", "never": "no such text"})
    assert (found.lines, found.errors) == (5, 3)
    assert [(kind.count, kind.first) for kind in found.kinds.values()] == [(2, LINES[0]), (1, LINES[3])]
    assert found.patterns == {"timeouts": 2, "never": 0}
    assert kind_of(LINES[0]) == kind_of(LINES[1])
    assert "4f9a1c22" not in kind_of(LINES[0])
    assert complains("ValueError: bad")
    assert not complains("terror in mirrors of the foyer")


def test_what_is_new_gone_and_twice_as_frequent_is_told_by_the_minute():
    before = histogram(["ERROR a 1"] * 60 + ["ERROR b"] * 10 + ["ERROR c"] * 6)
    after = histogram(["ERROR a 2"] * 11 + ["ERROR c"] * 6 + ["ERROR d"])
    found = compare(before, after, before_s=3600, after_s=600)
    assert [(each.kind, each.turn, each.before, each.after) for each in found] == [
        ("ERROR c", "more", 0.1, 0.6),
        ("ERROR b", "gone", 0.17, 0.0),
        ("ERROR d", "new", 0.0, 0.1),
    ]
    assert compare(before, before) == []


def test_a_flood_of_kinds_and_a_line_without_an_end_take_no_memory():
    names = (f"ERROR {'x' * (number % 97)}{chr(0x4E00 + number)} gone" for number in range(MOST_KINDS + 50))
    found = histogram(names)
    assert len(found.kinds) == MOST_KINDS + 1
    assert found.kinds[OTHER].count == 50
    for hard in (
        '"' * 200_000,
        "0x" * 100_000,
        "1.1.1" * 50_000,
        "Aa" * 100_000 + "Error",
        "ERROR " + "a1" * 90_000,
    ):
        assert histogram([hard]).lines == 1


def test_a_file_a_command_and_another_action_are_sources(act: Act, tmp_path: Path):
    log = tmp_path / "api 'log"
    log.write_text(
        "\n".join([*LINES * 3, "bytes \x00 and \udcff"]), encoding="utf-8", errors="surrogateescape"
    )
    result, seen = act("logs.errors", {"file": str(log), "patterns": {"timeouts": "timed out"}})
    assert result.well
    assert seen["rows"][0] == {"lines": 16, "errors": 9, "patterns": {"timeouts": 6}}
    assert [row["count"] for row in seen["rows"][1:]] == [6, 3]
    assert act("logs.errors", {"file": str(log), "last": 6})[1]["rows"][0]["lines"] == 6

    hostile = "$(touch " + str(tmp_path / "made") + ")'; touch x"
    told = {"command": 'printf "ERROR %s\\n" "$WHO" >&2; echo fine'}
    _, seen = act("logs.errors", told, values={"WHO": hostile})
    assert seen["rows"][1]["first"] == f"ERROR {hostile}"
    assert not (tmp_path / "made").exists()

    too_many, _ = act("logs.errors", {"action": {"system.resources": {}}, "most": 0})
    assert too_many.well
    result, _ = act("logs.errors", {"command": "echo ERROR; echo ERROR", "most": 1})
    assert not result.well
    assert result.why == "2 errors, more than 1"


def test_before_and_after_of_two_files(act: Act, tmp_path: Path):
    (tmp_path / "a.log").write_text("ERROR old\n" * 4)
    (tmp_path / "b.log").write_text("ERROR new\n" * 2)
    told = {"before": {"file": str(tmp_path / "a.log")}, "after": {"file": str(tmp_path / "b.log")}}
    _, seen = act("logs.compare", told)
    assert [(row["kind"], row["turn"]) for row in seen["rows"]] == [
        ("ERROR old", "gone"),
        ("ERROR new", "new"),
    ]


def test_what_cannot_be_read_is_told(act: Act, tmp_path: Path):
    result, _ = act("logs.errors", {"file": str(tmp_path / "absent.log")})
    assert not result.well
    assert "absent.log" in result.why
    with pytest.raises(CannotRun, match="one of file, command, action"):
        act("logs.errors", {"file": "a", "command": "b"})
    with pytest.raises(CannotRun, match="do not read logs"):
        act("logs.errors", {"action": {"logs.errors": {"file": "a"}}})
    with pytest.raises(CannotRun, match="destroy"):
        act("logs.errors", {"command": "rm -rf x"}, level="change")
