"""Which faults may be put in on purpose? The key `faults:` of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from tocsin.ground.catalogue import Slug, did_you_mean
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Problem, Section, Settings


class Fault(Settings):
    """One way to break a service, and how long the drill of it may last."""

    title: str = Field(default="", description="What is wrong then, in a few words.")
    service: Slug = Field(description="The service that is broken, under services:.")
    inject: str = Field(min_length=1, description="Commands for bash that break it, with its environment.")
    undo: str = Field(
        default="", description="Commands that mend it; they run where the drill ends and it is not back."
    )
    detect: Duration = Field(
        default=timedelta(minutes=5), description="By then an incident has to be open, from the break on."
    )
    within: Duration = Field(
        default=timedelta(hours=1), description="The drill ends then, whether the service is back or not."
    )


class ExerciseSection(Section):
    """The key of drills that break something."""

    faults: Annotated[
        dict[Slug, Fault],
        Field(
            default_factory=dict,
            description="Faults that `tocsin drill run` puts in on purpose. Only what stands here can be.",
        ),
    ]

    def cross_check(self) -> Iterable[Problem]:
        services: Mapping[str, Any] = getattr(self, "services", {})
        for name, fault in self.faults.items():
            if fault.service not in services:
                yield Problem(
                    path=("faults", name, "service"),
                    message=f"there is no service {fault.service}",
                    fix=did_you_mean(fault.service, services, "services"),
                )
