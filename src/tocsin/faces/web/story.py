"""How is a timeline told on a page? Newest first, without what stands beside it, and a burst as one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import Event

# The clocks, the ladder and what comes of a page say these better.
_SAID_ELSEWHERE = frozenset({"page.queued", "run.step.started", "clock.started"})
FOLDED = {
    "alert.attached": N_("{n} alerts belong to this incident"),
    "alert.resolved": N_("{n} alerts have cleared"),
    "alert.fired": N_("{n} alerts fire again"),
    "run.verified": N_("{n} rounds of checks did not pass"),
}
_FROM = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the story; `events` is more than one where a burst was folded, newest first."""

    events: tuple[Event, ...]

    @property
    def newest(self) -> Event:
        return self.events[0]

    @property
    def id(self) -> str:
        # Of the oldest: a burst that grows stays the same line.
        return f"e{self.events[-1].seq}"

    @property
    def what(self) -> list[str]:
        """Of what was folded: the names of the alerts, or why, each once."""
        return list(dict.fromkeys(str(each.data.get("name") or each.data.get("why")) for each in self.events))

    @property
    def folded(self) -> str:
        """The sentence for all of them, or empty where there is only one."""
        return FOLDED[self.newest.kind] if len(self.events) > 1 else ""


def story_of(events: Sequence[Event]) -> list[Line]:
    """The lines of a timeline that is given oldest first."""
    lines: list[Line] = []
    # Who declares an incident says its severity in the same breath.
    silent = _SAID_ELSEWHERE | (
        {"severity.decided"} if any(event.kind == "incident.declared" for event in events) else set[str]()
    )
    told = (event for event in reversed(events) if event.kind not in silent)
    for (kind, ok), group in groupby(told, key=lambda event: (event.kind, event.data.get("ok"))):
        burst = tuple(group)
        if kind in FOLDED and ok is not True and len(burst) >= _FROM:
            lines.append(Line(events=burst))
        else:
            lines += [Line(events=(event,)) for event in burst]
    return lines
