"""What are the books called? Each number is a title; made of two lists so that a glance at an answer reads well."""

from __future__ import annotations

# fmt: off
_FIRST = (
    "Quiet", "Salt", "Paper", "Northern", "Amber", "Hollow", "Second", "Winter", "Glass", "Patient",
    "Copper", "Distant", "Green", "Last", "Blue", "Narrow",
)
_LAST = (
    "Harbour", "Orchard", "Atlas", "Lantern", "River", "Letters", "Garden", "Clock", "Islands",
    "Weather", "Bridge", "Station", "Almanac", "Cartographer", "Tide", "Engine", "Museum", "Chapel",
    "Meadow", "Signal", "Kitchen", "Voyage", "Archive", "Window", "Ferry",
)
# fmt: on

TOP = (17, 3, 212, 88, 140, 61, 305, 254, 9, 399, 120, 77)
"""The list for everybody, chosen by the editors, shipped with the code: what static mode serves."""


def title(number: int) -> str:
    """212 → `The Glass Chapel`."""
    return f"The {_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}"
