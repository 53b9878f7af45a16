"""What does the configuration say about heartbeats? `heartbeats:` names each job that has to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tocsin.ground.catalogue import Slug, TimeZone, did_you_mean
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Problem, Section, Settings
from tocsin.sense.heartbeats.schedule import Schedule, checked_cron

SHORTEST = timedelta(seconds=1)
KEY_PREFIX = "in_"
"""With this begins an intake key, so no slug does: that is how a path is read."""


def _no_key(slug: str) -> str:
    if slug.startswith(KEY_PREFIX):
        raise ValueError(f"a heartbeat's name does not begin with {KEY_PREFIX}, as keys do")
    return slug


def _not_at_once(value: timedelta) -> timedelta:
    if value < SHORTEST:
        raise ValueError("at least 1s")
    return value


BeatSlug = Annotated[Slug, AfterValidator(_no_key)]
Wait = Annotated[Duration, AfterValidator(_not_at_once)]


class HeartbeatSettings(Settings):
    """One job: when it reports, and what its alert says."""

    name: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="What people call it; without one, its key."
    )
    service: Slug | None = Field(default=None, description="The service that suffers when it does not run.")
    period: Wait | None = Field(default=None, description="How often it reports, such as 1h. Default: 1d.")
    cron: Annotated[str, AfterValidator(checked_cron)] | None = Field(
        default=None, description="When it runs, as in a crontab: `0 4 * * *`. Instead of `period`."
    )
    time_zone: TimeZone | None = Field(
        default=None, description="Of `cron`; without one, that of the installation."
    )
    grace: Wait = Field(default=timedelta(hours=1), description="How late it may be before that is an alert.")
    max_runtime: Wait | None = Field(
        default=None, description="How long a start may be without its end; without one, as `grace`."
    )
    severity: str = Field(default="", description="The label `severity` of its alerts.")
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels of its alerts.")

    @model_validator(mode="after")
    def _one_schedule(self) -> HeartbeatSettings:
        if self.cron is not None and self.period is not None:
            raise ValueError("give either `period` or `cron`")
        return self

    def schedule(self, time_zone: str) -> Schedule:
        """When it is due; `time_zone` is that of the installation."""
        if self.cron is not None:
            return Schedule(cron=self.cron, zone=self.time_zone or time_zone)
        return Schedule(period=self.period or timedelta(days=1))


class HeartbeatSection(Section):
    """The jobs that have to report."""

    heartbeats: dict[BeatSlug, HeartbeatSettings] = Field(
        default_factory=dict,
        description="Jobs that report by a ping; one that does not becomes an alert.",
    )

    def cross_check(self) -> Iterable[Problem]:
        services: Mapping[str, Any] = getattr(
            self, "services", {}
        )  # of the catalogue, in the whole configuration
        for slug, beat in self.heartbeats.items():
            if beat.service is not None and beat.service not in services:
                yield Problem(
                    path=("heartbeats", slug, "service"),
                    message=f"there is no service {beat.service}",
                    fix=did_you_mean(beat.service, services, "services"),
                )
