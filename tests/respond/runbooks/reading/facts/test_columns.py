"""What does a column of this name hold?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.blocks import Grid, Row
from tocsin.respond.runbooks.reading.facts.columns import NAMES, Columns, meanings_of


@pytest.mark.parametrize(
    ("column", "meaning"),
    [
        ("Symptoms", "symptom"),
        ("**症狀**", "symptom"),
        ("Typical symptoms", "symptom"),
        ("Likely cause", "cause"),
        ("根本原因", "cause"),
        ("首次響應時間", "respond"),
        ("Response Time (24x7)", "respond"),
        ("Target resolution", "restore"),
        ("操作指令 / 方法", "command"),
        ("Command or method", "command"),
        ("預期結果：", "expected"),
        ("Severity level", "level"),
        ("严重程度", "level"),
        ("How to reach", "reach"),
        ("Expected from the service", "expected"),
    ],
)
def test_a_name_tells_what_it_holds(column: str, meaning: str) -> None:
    assert meaning in meanings_of(column)


@pytest.mark.parametrize("column", ["", "Foo", "備援機房", "Causeway", "42"])
def test_an_unknown_name_tells_nothing(column: str) -> None:
    assert meanings_of(column) == frozenset()


def test_each_name_is_written_as_it_is_looked_up() -> None:
    for names in NAMES.values():
        assert len(set(names)) == len(names)
        for name in names:
            assert name == name.casefold().strip()


def test_a_column_is_given_away_once() -> None:
    grid = Grid(line=1, end=3, columns=["Action", "When"], rows=[Row(line=3, cells=["page", "at once"])])
    columns = Columns(grid)

    assert columns.places("deed", "time") == {"deed": 0, "time": 1}
    assert not columns.has("fix", "deed")  # one column cannot be both
    assert columns.find("fix", {"deed": 0}) is None
