"""What does the configuration say about who is called? `schedules:` and `escalations:`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field, model_validator

from tocsin.act.notify import Directory
from tocsin.ground.catalogue import Service, Slug, Team, did_you_mean
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration, format_duration
from tocsin.ground.kernel.settings import Problem, Section, Settings
from tocsin.respond.oncall.schedule import Schedule

EVERYBODY = N_("everybody")
_KINDS = ("schedule", "person", "team")
_DEFAULT_PAUSE = timedelta(minutes=5)


def _target(value: str) -> str:
    kind, colon, name = value.partition(":")
    if value != EVERYBODY and not (colon and name and kind in _KINDS):
        raise ValueError(f"{value!r} is nobody; write schedule:NAME, person:NAME, team:NAME or {EVERYBODY}")
    return value


Target = Annotated[str, AfterValidator(_target)]
"""Whom a step pages: `schedule:backend`, `person:mei`, `team:backend`, `everybody`."""


class Step(Settings):
    """Whom to page, and when."""

    page: tuple[Target, ...] = Field(
        min_length=1, description="schedule:NAME, person:NAME, team:NAME, everybody."
    )
    after: Duration = Field(default=timedelta(), description="Counted from the beginning of the escalation.")


class Escalation(Settings):
    """Steps until somebody acknowledges."""

    title: str = ""
    steps: tuple[Step, ...] = Field(min_length=1)
    repeat: int = Field(default=0, ge=0, le=20, description="How often all steps come again.")
    every: Duration | None = Field(
        default=None,
        description="From one round to the next; else the last step's time and once more the pause before it.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Escalation:
        for index, (before, step) in enumerate(zip(self.steps, self.steps[1:], strict=False), 2):
            if step.after <= before.after:
                raise ValueError(
                    f"step {index} comes at {format_duration(step.after)}, which is not later than step {index - 1}"
                )
        if self.every is not None and self.every <= self.steps[-1].after:
            raise ValueError("every: a round must be longer than its last step's after:")
        return self

    @property
    def round(self) -> timedelta:
        """How long one round lasts."""
        if self.every is not None:
            return self.every
        last = self.steps[-1].after
        before = self.steps[-2].after if len(self.steps) > 1 else timedelta()
        return last + ((last - before) or _DEFAULT_PAUSE)


ESCALATE_TO_EVERYBODY = Escalation(
    title=N_("Everybody"), steps=(Step(page=(EVERYBODY,)),), repeat=2, every=timedelta(minutes=10)
)
"""What happens where nothing is configured: everybody who can be reached, three times."""


class OncallSection(Section):
    """The keys of on call."""

    schedules: dict[Slug, Schedule] = Field(default_factory=dict, description="Who is on call when.")
    escalations: dict[Slug, Escalation] = Field(
        default_factory=dict, description="Whom to page, in which order."
    )

    def cross_check(self) -> Iterable[Problem]:
        yield from self._people()
        yield from self._targets()
        services: Mapping[str, Service] = getattr(self, "services", {})  # of the catalogue, in the whole
        for name, service in services.items():
            if service.escalation is not None and service.escalation not in self.escalations:
                yield Problem(
                    path=("services", name, "escalation"),
                    message=f"there is no escalation {service.escalation}",
                    fix=did_you_mean(service.escalation, self.escalations, "escalations"),
                )

    def _people(self) -> Iterator[Problem]:
        people: Mapping[str, object] = getattr(self, "people", {})
        for name, schedule in self.schedules.items():
            named: list[tuple[tuple[str | int, ...], str]] = []
            for index, layer in enumerate(schedule.layers):
                named += [
                    (("layers", index, "people", place), each) for place, each in enumerate(layer.people)
                ]
            named += [
                (("overrides", index, "person"), each.person) for index, each in enumerate(schedule.overrides)
            ]
            for path, person in named:
                if person not in people:
                    yield Problem(
                        path=("schedules", name, *path),
                        message=f"there is no person {person}",
                        fix=did_you_mean(person, people, "people"),
                    )

    def _targets(self) -> Iterator[Problem]:
        known: dict[str, tuple[str, Mapping[str, object]]] = {
            "schedule": ("schedules", self.schedules),
            "person": ("people", getattr(self, "people", {})),
            "team": ("teams", getattr(self, "teams", {})),
        }
        for name, escalation in self.escalations.items():
            for index, step in enumerate(escalation.steps):
                for place, target in enumerate(step.page):
                    kind, _, wanted = target.partition(":")
                    if target == EVERYBODY or wanted in known[kind][1]:
                        continue
                    yield Problem(
                        path=("escalations", name, "steps", index, "page", place),
                        message=f"there is no {kind} {wanted}",
                        fix=did_you_mean(wanted, known[kind][1], known[kind][0]),
                    )


class Rota(Directory, Protocol):
    """What on call reads of the configuration."""

    @property
    def schedules(self) -> Mapping[str, Schedule]: ...
    @property
    def escalations(self) -> Mapping[str, Escalation]: ...
    @property
    def teams(self) -> Mapping[str, Team]: ...
    def service(self, name: str) -> Service: ...


def members(team: Team) -> Sequence[str]:
    """Who belongs to a team, the lead last."""
    return list(dict.fromkeys([*team.members, *((team.lead,) if team.lead else ())]))
