"""Two texts of a runbook, line by line."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tocsin.faces.web.runbook_changes import changes

BEFORE = "\n".join(f"line {number}" for number in range(1, 21))


def test_a_changed_line_stands_with_what_is_around_it():
    found = changes(BEFORE, BEFORE.replace("line 10", "LINE 10"))
    assert [(line.change, line.text) for line in found.lines] == [
        ("gap", ""),
        ("same", "line 8"),
        ("same", "line 9"),
        ("gone", "line 10"),
        ("new", "LINE 10"),
        ("same", "line 11"),
        ("same", "line 12"),
    ]
    assert (found.new, found.gone) == (1, 1)


def test_lines_count_as_in_the_file_of_which_this_is_a_part():
    [line] = [line for line in changes("a\nb", "a\nb\nc", 41).lines if line.change == "new"]
    assert line.number == 43


def test_the_same_text_has_no_changes():
    assert changes(BEFORE, BEFORE).lines == ()


@given(st.lists(st.sampled_from(["a", "b", "c", ""])), st.lists(st.sampled_from(["a", "b", "d", ""])))
def test_every_line_that_is_new_or_gone_is_counted(old: list[str], new: list[str]):
    found = changes("\n".join(["first", *old, "last"]), "\n".join(["first", *new, "last", ""]))
    assert len(new) - len(old) == found.new - found.gone


def test_two_large_and_different_texts_are_compared_in_time_and_cut():
    old, new = ("\n".join(f"{word} {number % 97}" for number in range(20_000)) for word in ("old", "new"))
    begin = time.monotonic()
    found = changes(old, new)
    assert time.monotonic() - begin < 10
    assert found.cut
    assert len(found.lines) == 400
