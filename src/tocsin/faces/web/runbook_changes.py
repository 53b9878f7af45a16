"""What has changed since the runbook last worked? Line by line, with as much around it as one needs to find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_AROUND = 2
_MOST_LINES = 20_000
_MOST_SHOWN = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of the comparison. `number` is its line in the file as it is now, 0 for what is gone."""

    change: Literal["same", "new", "gone", "gap"]
    text: str = ""
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    lines: tuple[Line, ...]
    new: int
    gone: int
    cut: bool  # there are more than are shown


def changes(before: str, after: str, first: int = 1) -> Changes:
    """The difference between two texts of a runbook, of which the second begins at line `first` of its file."""
    old, new = (text.removesuffix("\n").split("\n")[:_MOST_LINES] for text in (before, after))
    groups = list(SequenceMatcher(None, old, new).get_grouped_opcodes(_AROUND))
    lines = list(_lines(groups, old, new, first))
    return Changes(
        lines=tuple(lines[:_MOST_SHOWN]),
        new=sum(1 for each in lines if each.change == "new"),
        gone=sum(1 for each in lines if each.change == "gone"),
        cut=len(lines) > _MOST_SHOWN,
    )


def _lines(
    groups: Sequence[Sequence[tuple[str, int, int, int, int]]],
    old: Sequence[str],
    new: Sequence[str],
    first: int,
) -> Iterator[Line]:
    for position, group in enumerate(groups):
        if position or group[0][3]:
            yield Line(change="gap", number=group[0][3] + first)
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                for at in range(new_from, new_to):
                    yield Line(change="same", text=new[at], number=at + first)
                continue
            for text in old[old_from:old_to]:
                yield Line(change="gone", text=text)
            for at in range(new_from, new_to):
                yield Line(change="new", text=new[at], number=at + first)
