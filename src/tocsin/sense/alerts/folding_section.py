"""Which keys of the configuration say what is held back? Silences, inhibition, maintenance, flapping, storms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from tocsin.ground.catalogue import CatalogueSection, Slug, TimeZone, did_you_mean
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.settings import Problem, Section, Settings
from tocsin.sense.alerts.matchers import parse_matcher


def _matcher(value: str) -> str:
    try:
        parse_matcher(value)
    except TocsinError as error:
        raise ValueError(f"{error.message}; {error.fix}") from None
    return value


MatcherText = Annotated[str, AfterValidator(_matcher)]
"""A matcher as Prometheus writes it: `severity="critical"`, `instance=~"db.*"`, also != and !~."""


class SilenceLimits(Settings):
    """Which silences have to be confirmed, and when their author hears of the end."""

    broad: int = Field(
        default=20, ge=1, description="A silence that hides more alerts than these has to be confirmed."
    )
    longest_broad: Duration = Field(
        default=timedelta(hours=24), description="The longest that a broad silence may last."
    )
    warn: Duration = Field(
        default=timedelta(minutes=15),
        description="So long before its end its author is told, when alerts that it hides still fire.",
    )


class InhibitRule(Settings):
    """While an alert fires that `source` is about, those that `target` is about are held back."""

    source: tuple[MatcherText, ...] = Field(
        min_length=1, description="Matchers of the alert that holds back."
    )
    target: tuple[MatcherText, ...] = Field(
        min_length=1, description="Matchers of the alerts that are held back."
    )
    equal: tuple[str, ...] = Field(
        default=(), description="Labels that must be the same in both, such as cluster."
    )


class PlannedWindow(Settings):
    """Work that is planned: what fires within it is recorded and pages nobody."""

    title: str = Field(default="", description="As people call it. Without it, its name.")
    services: tuple[Slug, ...] = Field(default=(), description="Names under services:.")
    matchers: tuple[MatcherText, ...] = Field(
        default=(), description="Only alerts that all of these hold for."
    )
    starts_at: datetime = Field(description="The first time it begins; without an offset in `zone`.")
    lasts: Duration = Field(description="How long it lasts by the clock on the wall, such as 2h.")
    recurs: str = Field(
        default="", description='When it comes again, as an RRULE of iCalendar: "FREQ=WEEKLY;BYDAY=SU".'
    )
    zone: TimeZone | None = Field(
        default=None, description="Its time zone; without it that of the installation."
    )
    comment: str = Field(default="", description="Why.")


class FlapLimits(Settings):
    """When an alert that comes and goes is held as one."""

    changes: int = Field(
        default=6, ge=2, le=1000, description="More changes of state than these within `within` is flapping."
    )
    within: Duration = Field(default=timedelta(minutes=10), description="The time in which they are counted.")
    calm: Duration = Field(
        default=timedelta(minutes=10), description="After so long without a change it is released."
    )


class StormLimits(Settings):
    """When many new alerts are folded into one incident."""

    alerts: int = Field(
        default=100,
        ge=10,
        description="More new alerts in a minute than these, by one key or of one service, are a storm.",
    )
    told_every: Duration = Field(
        default=timedelta(seconds=5), description="How often an incident's counter of alerts is renewed."
    )
    told_singly: int = Field(
        default=20, ge=1, description="So many alerts of an incident have a line each on its timeline."
    )


class FoldingSection(Section):
    """What is held back, and what becomes one."""

    silences: SilenceLimits = Field(default=SilenceLimits(), description="Limits of silences.")
    inhibit: tuple[InhibitRule, ...] = Field(
        default=(), description="Alerts that hold others back: the switch is down, so its servers are."
    )
    maintenance: dict[Slug, PlannedWindow] = Field(
        default_factory=dict, description="Windows of planned work, once or again and again."
    )
    flapping: FlapLimits = Field(default=FlapLimits(), description="Alerts that come and go.")
    storm: StormLimits = Field(default=StormLimits(), description="Many new alerts at once.")

    def cross_check(self) -> Iterable[Problem]:
        yield from self._windows()
        services: Mapping[str, Any] = self.services if isinstance(self, CatalogueSection) else {}
        for name, window in self.maintenance.items():
            for index, service in enumerate(window.services):
                if services and service not in services:
                    yield Problem(
                        path=("maintenance", name, "services", index),
                        message=f"there is no service {service}",
                        fix=did_you_mean(service, services, "services"),
                    )

    def _windows(self) -> Iterator[Problem]:
        from tocsin.sense.alerts.recurrence import (
            read_recurrence,
        )  # it loads a calendar: only where there is one

        for name, window in self.maintenance.items():
            path = ("maintenance", name)
            if not (window.services or window.matchers):
                yield Problem(path=path, message="it is about nothing", fix="give services: or matchers:")
            if not window.lasts:
                yield Problem(path=(*path, "lasts"), message="it lasts no time", fix="such as 2h")
            try:
                read_recurrence(window.recurs, window.starts_at.replace(tzinfo=None))
            except TocsinError as error:
                yield Problem(path=(*path, error.field), message=error.message, fix=error.fix)
