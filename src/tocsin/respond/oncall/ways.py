"""By which channels does one page go to one person, and when? The severity's channels, else the person's own rules,
else the order of the configuration.

Nothing here loses a page: the first channel never waits, what is critical passes quiet hours, and where everything
chosen makes no noise, a channel that does comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.act.notify import Route
from tocsin.respond.oncall.quiet import Quiet, holding, until
from tocsin.respond.oncall.rules import Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One channel of one page, and when it is used. `quiet` are the hours that hold it back, if any do."""

    route: Route
    due_at: datetime
    quiet: Quiet | None = None

    @property
    def is_digested(self) -> bool:
        """Whether it goes into the person's digest instead."""
        return self.quiet is not None and self.quiet.then == "digest"


def ways(
    reachable: Sequence[Route],
    *,
    rules: Sequence[Rule],
    wanted: Sequence[str],
    severity: str,
    is_urgent: bool,
    at: datetime,
    zone: ZoneInfo,
    disturbs: Callable[[str], bool],
) -> list[Way]:
    """`reachable` are all ways to the person, best first; `wanted` are the channels of the severity, all used at once.

    `zone` is the person's. Empty only when nothing reaches them.
    """
    by_channel = {route.channel: route for route in reachable}
    chosen = [(by_channel[name], 0) for name in dict.fromkeys(wanted) if name in by_channel]
    if not chosen:
        mine = [rule for rule in rules if rule.channel in by_channel]
        mine = [rule for rule in mine if rule.counts_for(severity)] or mine
        soonest = min((rule.after_s for rule in mine), default=0)
        chosen = [(by_channel[rule.channel], rule.after_s - soonest) for rule in mine]
    chosen = chosen or [(route, 0) for route in reachable[:1]]
    if not any(disturbs(route.channel) for route, _ in chosen):
        loud = next((route for route in reachable if disturbs(route.channel)), None)
        chosen = [(loud, 0), *chosen] if loud is not None else chosen
    quiet = {rule.channel: rule.quiet for rule in rules} if not is_urgent else {}
    return [
        _timed(route, at + timedelta(seconds=after_s), quiet.get(route.channel, ()), severity, zone)
        for route, after_s in chosen
    ]


def _timed(route: Route, due_at: datetime, quiet: Sequence[Quiet], severity: str, zone: ZoneInfo) -> Way:
    held = holding(quiet, severity, due_at, zone)
    if held is None:
        return Way(route=route, due_at=due_at)
    free = until(quiet, severity, due_at, zone)
    return Way(route=route, due_at=free, quiet=held) if free is not None else Way(route=route, due_at=due_at)
