"""Which steps does a policy take now? Its first route that fits the hour, the day and the severity, else its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.holidays import is_holiday
from tocsin.respond.oncall.hours import hours_of, instant
from tocsin.respond.oncall.section import Escalation, Route, Step


def choose(
    policy: Escalation, *, severity: str, at: datetime, zone: ZoneInfo
) -> tuple[Route | None, Sequence[Step]]:
    """The route (None: none fits) and its steps. `zone` is the installation's, where the policy names none."""
    local = ZoneInfo(policy.time_zone) if policy.time_zone else zone
    for route in policy.routes:
        if _fits(policy, route, severity, at, local):
            return route, route.steps
    return None, policy.steps


def _fits(policy: Escalation, route: Route, severity: str, at: datetime, zone: ZoneInfo) -> bool:
    if route.severities and severity not in route.severities:
        return False
    today = at.astimezone(zone).date()
    if route.holidays is not None and is_holiday(policy.holidays, today) is not (route.holidays == "only"):
        return False
    return not route.hours or any(_within(text, at, zone) for text in route.hours)


def _within(text: str, at: datetime, zone: ZoneInfo) -> bool:
    """Whether the hours are on; those of yesterday may reach past midnight."""
    hours, today = hours_of(text), at.astimezone(zone).date()
    windows = (hours.of_day(today - timedelta(days=back)) for back in (1, 0))
    return any(
        instant(window[0], zone) <= at < instant(window[1], zone) for window in windows if window is not None
    )
