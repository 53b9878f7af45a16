"""How are lists of names written beside the code that looks them up?"""

from __future__ import annotations

from tocsin.respond.runbooks.reading.facts.wordlists import listed


def test_names_are_parted_by_commas_and_lines() -> None:
    assert listed("\n  root cause, why,\n  根因, 原因\n") == ("root cause", "why", "根因", "原因")
    assert listed(" , \n") == ()
