"""Is this value out of bounds? One value against the bound of its monitor, with a band in which nothing changes."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.sense.monitor.section import MetricMonitor

_BAND = 0.1
_COMPARED = ("falls_by", "rises_by", "times")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """`bad`: out of bounds. `well`: far enough within. Neither: in the band between, where all stays as it is.

    `change` is the difference to normal as a share of it, -0.3 for 30 % less; `ratio` the value divided by it.
    """

    value: float
    bad: bool
    well: bool
    normal: float | None = None
    change: float | None = None
    ratio: float | None = None


def judge(monitor: MetricMonitor, value: float, normal: float | None) -> Judgement:
    """Where no normal value is known yet, or it is 0, nothing that is compared with it can be out of bounds."""
    change = ratio = None
    if normal:
        change, ratio = (value - normal) / abs(normal), value / normal
    figure = _figure(monitor, value, change, ratio)
    bad = well = False
    if figure is None:
        well = monitor.bound in _COMPARED or not monitor.bound
    elif monitor.bound == "sinks_to":
        clear = monitor.limit if monitor.clears_at is None else monitor.clears_at
        bad, well = figure <= monitor.limit, figure > max(clear, monitor.limit)
    else:
        clear = monitor.limit - abs(monitor.limit) * _BAND if monitor.clears_at is None else monitor.clears_at
        bad, well = figure >= monitor.limit, figure < min(clear, monitor.limit)
    return Judgement(value=value, bad=bad, well=well, normal=normal, change=change, ratio=ratio)


def _figure(monitor: MetricMonitor, value: float, change: float | None, ratio: float | None) -> float | None:
    """What the bound is about."""
    match monitor.bound:
        case "reaches" | "sinks_to":
            return value
        case "falls_by":
            return None if change is None else -change
        case "rises_by":
            return change
        case "times":
            return ratio
        case _:
            return None
