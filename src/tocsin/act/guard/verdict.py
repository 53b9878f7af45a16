"""What would this do to the world? The answer of every guard: a level, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["read", "change", "destroy"]
"""`read` only looks; `change` alters something that can be altered back; `destroy` loses data or work for good,
or cannot be understood."""

MEANINGS: dict[Level, str] = {
    "read": "it only looks",
    "change": "it alters something that can be altered back, or nobody knows what it does",
    "destroy": "it loses data or work for good, or cannot be understood",
}
"""Each level in plain words."""

_ORDER: dict[Level, int] = {"read": 0, "change": 1, "destroy": 2}


def highest(levels: Iterable[Level]) -> Level:
    """The strongest of the levels; of none, `read`."""
    strongest: Level = "read"
    for level in levels:
        if _ORDER[level] > _ORDER[strongest]:
            strongest = level
    return strongest


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why one part of a step has its level: `part` is the command or statement as written."""

    part: str
    level: Level
    why: str
    safer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The level of the whole, and a reason for each part that was looked at."""

    level: Level
    findings: tuple[Reason, ...] = ()
    streams: bool = False  # some part never ends by itself, as `tail -f` does not
    parsed: bool = True

    @classmethod
    def of(cls, findings: Iterable[Reason], *, streams: bool = False, parsed: bool = True) -> Verdict:
        found = tuple(findings)
        return cls(
            level=highest(each.level for each in found), findings=found, streams=streams, parsed=parsed
        )

    @property
    def telling(self) -> tuple[Reason, ...]:
        """The reasons that make the level what it is; of a `read`, none."""
        return tuple(each for each in self.findings if each.level == self.level and each.level != "read")


def shorten(part: str, limit: int = 160) -> str:
    """A part as one line that fits into a sentence."""
    line = " ".join(part.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
