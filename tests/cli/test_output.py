"""What the terminal shows: nothing from outside is obeyed, no secret is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tocsin.cli.output import clean, complain, say, say_json, say_pairs, say_table
from tocsin.ground.kernel.secret import know

HOSTILE = "a\x1b[2Jb\rc\x9bd\u202ee\x00f"
SHOWN = "a\\x1b[2Jb\\x0dc\\x9bd\\u202ee\\x00f"


def test_control_and_direction_marks_are_shown_and_not_obeyed() -> None:
    assert clean(HOSTILE) == SHOWN
    assert clean("tab\tand\nline stay") == "tab\tand\nline stay"
    assert clean("繁體 🧑‍🚒 é [bold]x[/bold]") == "繁體 🧑‍🚒 é [bold]x[/bold]"


def test_each_way_of_saying_it_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    say_table(("name", "[red]text"), [(HOSTILE, None), ("[bold]x[/bold]", 3)])
    say_pairs({"key": HOSTILE, "longer key": None})
    complain(HOSTILE, HOSTILE)
    told = capsys.readouterr()
    assert not {"\x1b", "\r", "\x9b", "\u202e", "\x00"} & set(told.out + told.err)
    assert "[bold]x[/bold]" in told.out
    assert "key         " in told.out


def test_a_table_in_a_pipe_keeps_a_row_on_a_line_and_its_columns_aligned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_table(("id", "title"), [("run_" + "7" * 60, "long " * 60), ("一二", "two\nlines"), (None, 3)])
    header, first, second, third = capsys.readouterr().out.splitlines()
    assert header.index("title") == first.index("long") == 66
    assert first.endswith("long")
    assert second == "一二" + " " * 62 + "two lines"
    assert third.strip() == "3"


def test_json_stays_json_and_keeps_every_character(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": HOSTILE, "at": datetime(2026, 11, 21, 10, 30, tzinfo=UTC), "list": (1, 2), "中": "文"}
    say_json(value)
    out = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\u202e"} & set(out)
    assert json.loads(out) == {**value, "at": "2026-11-21T10:30:00+00:00", "list": [1, 2]}
    assert "文" in out


def test_a_secret_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    know("canary-of-the-terminal")
    say("x canary-of-the-terminal")
    say_json({"x": "canary-of-the-terminal"})
    say_table(("x",), [("canary-of-the-terminal",)])
    complain("canary-of-the-terminal")
    told = capsys.readouterr()
    assert "canary" not in told.out + told.err
