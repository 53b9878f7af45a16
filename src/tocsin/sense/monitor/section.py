"""Which numbers are watched? `monitors:` names a measure of a service, where it comes from, and where its bound is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tocsin.act.checks import validate_checks
from tocsin.ground.catalogue import Service, Slug, did_you_mean
from tocsin.ground.kernel.conditions import ALERT
from tocsin.ground.kernel.duration import Deadline, Duration
from tocsin.ground.kernel.settings import Problem, Section, Settings
from tocsin.sense.severity.policy import LevelName, Policy
from tocsin.sense.severity.section import DEFAULT_POLICY, MeasureName

_PERCENT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*", re.ASCII)
_SHORTEST = timedelta(milliseconds=50)
_BOUNDS = ("reaches", "sinks_to", "falls_by", "rises_by", "times")
DERIVED = ("_change", "_ratio")
"""What is measured beside it where a normal value is known: `users_change`, `latency_ratio`."""


def _share(value: Any) -> Any:
    """`30 %` is 0.3."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) / 100 if found else value


def _long_enough(value: timedelta) -> timedelta:
    if value < _SHORTEST:
        raise ValueError("at least 50ms")
    return value


Number = Annotated[float, BeforeValidator(_share), Field(allow_inf_nan=False)]
Share = Annotated[float, BeforeValidator(_share), Field(gt=0, allow_inf_nan=False)]
Span = Annotated[Duration, AfterValidator(_long_enough)]


class MetricMonitor(Settings):
    """Watches one number of a service. With a bound it raises an alert; without one policies alone use it."""

    title: str = Field(default="", max_length=200, description="As people call it. Without it, its measure.")
    service: Slug = Field(description="The service that it belongs to, under services:.")
    measure: MeasureName = Field(description="What it is called in conditions: error_rate is m.error_rate.")
    probe: dict[str, Any] | None = Field(
        default=None,
        description="Where the number comes from, written as a check; `value` says which one. Without a probe it is "
        "pushed to Tocsin.",
    )
    reads: Literal["value", "counter", "events"] = Field(
        default="value",
        description="A value is judged as it is; of a counter its growth within `window`; of events their sum.",
    )
    window: Span = Field(default=timedelta(hours=1), description="For counters and events: over how long.")
    every: Span = Field(default=timedelta(seconds=30), description="Time between two looks.")
    unit: str = Field(default="", max_length=16, description="For people: %, ms, users.")
    reaches: Number | None = Field(default=None, description="Too much: at this value and above.")
    sinks_to: Number | None = Field(default=None, description="Too little: at this value and below.")
    falls_by: Share | None = Field(default=None, description="Less than normal by this share: 30 %.")
    rises_by: Share | None = Field(default=None, description="More than normal by this share: 50 %.")
    times: Share | None = Field(default=None, description="So many times the normal value: 5.")
    normal: Number | None = Field(
        default=None,
        description="The normal value. Without it that of the service's baseline, else it is learned.",
    )
    clears_at: Number | None = Field(
        default=None,
        description="It counts as well again only beyond this, in the terms of the bound. Without it a tenth off the "
        "bound; for sinks_to the bound itself.",
    )
    rounds: int = Field(
        default=2, ge=1, le=1000, description="Looks out of bounds in a row that make a breach."
    )
    calm: int = Field(
        default=3,
        ge=1,
        le=1000,
        description="Looks in a row that end it; twice as many for each end within the last hour.",
    )
    blind_after: Deadline = Field(
        default=timedelta(minutes=5),
        description="Without a value for so long, after there were some, there is an alert; or `none`.",
    )
    opens_from: LevelName = Field(
        default="P1",
        description="A breach of this level of the service's policy and above becomes an alert; less is only shown.",
    )
    severity: str | None = Field(default=None, description="Becomes the label severity of its alert.")
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels of its alert.")

    @model_validator(mode="after")
    def _one_bound(self) -> MetricMonitor:
        given = [name for name in _BOUNDS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"one bound for a monitor; {' and '.join(given)} make two monitors")
        if self.clears_at is not None and not given:
            raise ValueError("clears_at says when a breach is over, and there is no bound")
        if self.falls_by is not None and self.falls_by > 1:
            raise ValueError("nothing falls by more than 100 %")
        return self

    @property
    def bound(self) -> str:
        """Which bound it has: reaches, sinks_to, falls_by, rises_by, times, or nothing."""
        return next((name for name in _BOUNDS if getattr(self, name) is not None), "")

    @property
    def limit(self) -> float:
        """The figure of the bound; 0 where it has none."""
        return float(getattr(self, self.bound)) if self.bound else 0.0

    @property
    def name(self) -> str:
        """As people call it."""
        return self.title or self.measure.replace("_", " ")

    @property
    def change(self) -> str:
        """The measure of its change against normal, -0.3 for 30 % less."""
        return f"{self.measure}_change"

    @property
    def ratio(self) -> str:
        """The measure of its ratio to normal; of latency_ms it is latency_ratio."""
        return f"{self.measure.removesuffix('_ms')}_ratio"


class MonitorSection(Section):
    """The numbers that are watched, beside the checks of services."""

    monitors: dict[Slug, MetricMonitor] = Field(
        default_factory=dict, description="Numbers of services that are measured on a beat."
    )

    def cross_check(self) -> Iterable[Problem]:
        # Of the other sections, in the whole configuration.
        services: Mapping[str, Service] = getattr(self, "services", {})
        policies: Mapping[str, Policy] = getattr(self, "policies", {})
        declared: Collection[str] = getattr(self, "measures", ())
        known = {*ALERT.measures, *declared}
        taken: dict[tuple[str, str], str] = {}
        for name, monitor in self.monitors.items():
            path = ("monitors", name)
            if monitor.service not in services:
                fix = did_you_mean(monitor.service, services, "services")
                message = f"there is no service {monitor.service}"
                yield Problem(path=(*path, "service"), message=message, fix=fix)
                continue
            if monitor.measure not in known:
                yield Problem(
                    path=(*path, "measure"),
                    message=f"there is no measure {monitor.measure}",
                    fix=did_you_mean(monitor.measure, known, "measures"),
                )
            yield from _twice(path, name, monitor, taken)
            yield from _probe(path, monitor)
            policy = services[monitor.service].policy
            yield from _level(path, monitor, policies.get(policy or "default", DEFAULT_POLICY))


def _twice(
    path: tuple[str, str], name: str, monitor: MetricMonitor, taken: dict[tuple[str, str], str]
) -> Iterator[Problem]:
    other = taken.setdefault((monitor.service, monitor.measure), name)
    if other != name:
        yield Problem(
            path=(*path, "measure"),
            message=f"{other} measures {monitor.measure} of {monitor.service} already",
            fix="a second bound is a rule of the policy; or give it a measure of its own, under measures:",
        )


def _probe(path: tuple[str, str], monitor: MetricMonitor) -> Iterator[Problem]:
    if monitor.probe is None:
        return
    for problem in validate_checks([{"name": monitor.measure, **monitor.probe}]):
        yield Problem(path=(*path, "probe", *problem.path[1:]), message=problem.message, fix=problem.fix)


def _level(path: tuple[str, str], monitor: MetricMonitor, policy: Policy) -> Iterator[Problem]:
    if "opens_from" in monitor.model_fields_set and monitor.opens_from not in policy.levels:
        yield Problem(
            path=(*path, "opens_from"),
            message=f"there is no level {monitor.opens_from} in the policy {policy.name}",
            fix=did_you_mean(monitor.opens_from, policy.levels, f"policies.{policy.name}.levels"),
        )
