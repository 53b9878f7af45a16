"""Lists of names as data: how are they written beside the code that looks them up?"""

from __future__ import annotations


def listed(told: str) -> tuple[str, ...]:
    """Names parted by commas, over as many lines as they need; a name may have spaces in it."""
    return tuple(name for line in told.split("\n") for each in line.split(",") if (name := each.strip()))
