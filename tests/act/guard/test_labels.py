"""Does the guard say what a person says? `tests/data/guard/commands.jsonl` is labelled by hand, by what a command does.

The table that is printed counts the labels of people in its rows and the answers of the guard in its columns.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tocsin.act.guard import KINDS, judge

LABELS = Path(__file__).parents[2] / "data" / "guard" / "commands.jsonl"
LEVELS = ("read", "change", "destroy")


@pytest.fixture(scope="module")
def labelled() -> list[dict[str, str]]:
    return [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]


def test_the_labels_are_many_and_of_every_kind(labelled: list[dict[str, str]]) -> None:
    assert len(labelled) >= 400
    assert {each["kind"] for each in labelled} == set(KINDS)
    assert {each["level"] for each in labelled} == set(LEVELS)
    assert [
        text
        for text, count in Counter((each["kind"], each["text"]) for each in labelled).items()
        if count > 1
    ] == []


def test_the_guard_agrees_with_people(labelled: list[dict[str, str]]) -> None:
    table: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for each in labelled:
        level = judge(each["kind"], each["text"]).level
        table[each["level"], level] += 1
        if level != each["level"]:
            wrong.append(f"{each['level']} came out {level}: {each['text']}")
    print(_printed(table), *wrong, sep="\n")

    reads = sum(table["read", level] for level in LEVELS)
    assert table["read", "read"] >= 0.95 * reads, wrong
    assert [each for each in wrong if each.startswith("destroy")] == []
    assert [each for each in wrong if each.startswith("change came out read")] == []
    assert sum(table[level, level] for level in LEVELS) >= 0.98 * len(labelled), wrong


def _printed(table: Counter[tuple[str, str]]) -> str:
    head = f"{'':10}{''.join(f'{level:>10}' for level in LEVELS)}"
    rows = [f"{told:10}{''.join(f'{table[told, level]:>10}' for level in LEVELS)}" for told in LEVELS]
    right = sum(table[level, level] for level in LEVELS)
    return "\n".join(["", head, *rows, f"{right} of {sum(table.values())} agree"])
