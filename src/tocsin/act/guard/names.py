"""Which names stand in this table? A table of names is written as lines of words."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())
