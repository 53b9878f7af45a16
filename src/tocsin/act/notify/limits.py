"""How often may one person be disturbed by one channel? Caps, and what is said of what they held back.

A cap counts the messages that went to one address. What it holds back waits; when there is room again, all
of it leaves as one message that names how many it stands for. Figures of GoAlert, which has paged people for
years with them (github.com/target/goalert, engine/message/ratelimit).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """At most so many `messages` to one address `within` that time."""

    messages: int
    within: timedelta


TEXTS = (
    Cap(messages=5, within=timedelta(minutes=15)),
    Cap(messages=11, within=timedelta(hours=1)),
    Cap(messages=21, within=timedelta(hours=3)),
)
CALLS = (Cap(messages=3, within=timedelta(minutes=15)),)


def room_from(caps: Sequence[Cap], left: Sequence[datetime], now: datetime) -> datetime:
    """When the next message may leave, given when those before it did: `now` where there is room."""
    free = now
    for cap in caps:
        within = sorted(each for each in left if each > now - cap.within)
        if len(within) >= cap.messages:
            free = max(free, within[-cap.messages] + cap.within)
    return free


def longest(caps: Sequence[Cap]) -> timedelta:
    """How far back one has to look."""
    return max((cap.within for cap in caps), default=timedelta())
