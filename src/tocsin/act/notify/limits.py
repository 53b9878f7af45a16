"""How often may one person be disturbed by one channel? Caps, and what is said of what they held back.

A cap counts the messages that went to one address. What it holds back waits; when there is room again, all
of it leaves as one message that names how many it stands for. Figures of GoAlert, which has paged people for
years with them (github.com/target/goalert, engine/message/ratelimit).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


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
