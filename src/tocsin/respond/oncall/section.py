"""What does the configuration say about who is called? `schedules:` and `escalations:`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, Field, model_validator

from tocsin.act.notify import Directory
from tocsin.ground.catalogue import Service, Slug, Team, TimeZone, did_you_mean
from tocsin.ground.catalogue.people import Person
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Deadline, Duration, format_duration
from tocsin.ground.kernel.settings import Problem, Section, Settings
from tocsin.respond.oncall.hours import checked as checked_hours
from tocsin.respond.oncall.schedule import Holidays, Schedule
from tocsin.sense.severity import Policy

EVERYBODY = N_("everybody")
EVERYONE = "everyone"
"""Among the mentions of a severity: all who are in the room."""
_NAMED = ("schedule", "person", "team", "lead", "channel", "role", "title")
_OF_SERVICE = ("service:team", "service:lead")
_DEFAULT_PAUSE = timedelta(minutes=5)
_SHORTEST = timedelta(minutes=1)


def _target(value: str) -> str:
    kind, colon, name = value.partition(":")
    if value not in (EVERYBODY, *_OF_SERVICE) and not (colon and name.strip() and kind in _NAMED):
        raise ValueError(
            f"{value!r} is nobody; write schedule:NAME, person:NAME, team:NAME, lead:TEAM, role:ROLE, title:WORDS, "
            f"service:team, service:lead, channel:NAME or {EVERYBODY}"
        )
    return value


Target = Annotated[str, AfterValidator(_target)]
"""Whom a step pages: `schedule:backend`, `person:mei`, `team:backend` (its lead last), `lead:backend`,
`service:team` and `service:lead` (of the team that owns the service), `role:commander` (who has the role in this
incident), `title:architect` (whose title that is), `channel:ops-room` (a room, or a webhook of its own), `everybody`.
"""


class Step(Settings):
    """Whom to page, and when."""

    page: tuple[Target, ...] = Field(
        min_length=1,
        description="schedule:NAME, person:NAME, team:NAME, lead:TEAM, service:team, service:lead, role:ROLE, "
        "title:WORDS, channel:NAME, everybody.",
    )
    after: Duration = Field(default=timedelta(), description="Counted from the beginning of the escalation.")


def _in_order(steps: Sequence[Step], every: timedelta | None) -> None:
    for index, (before, step) in enumerate(pairwise(steps), 2):
        if step.after <= before.after:
            raise ValueError(
                f"step {index} comes at {format_duration(step.after)}, which is not later than step {index - 1}"
            )
    if every is not None and every <= steps[-1].after:
        raise ValueError("every: a round must be longer than its last step's after:")


class Route(Settings):
    """Other steps for some hours, days or severities. What it does not name does not matter to it."""

    title: str = Field(default="", description="As it is told on the timeline: Business hours.")
    hours: tuple[Annotated[str, AfterValidator(checked_hours)], ...] = Field(
        default=(), description="When it counts, in the policy's time zone: mon-fri 09:00-18:00."
    )
    holidays: Literal["only", "except"] | None = Field(
        default=None,
        description="Whether it counts on holidays of the policy alone (only), or on all other days (except).",
    )
    severities: tuple[str, ...] = Field(default=(), description="Levels for which it counts, such as P0.")
    steps: tuple[Step, ...] = Field(min_length=1, description="Its own steps.")


class Escalation(Settings):
    """Steps until somebody acknowledges."""

    title: str = ""
    routes: tuple[Route, ...] = Field(
        default=(),
        description="Steps for some hours, days or severities; the first that fits when the escalation begins.",
    )
    steps: tuple[Step, ...] = Field(min_length=1, description="The steps where no route fits.")
    repeat: int = Field(default=0, ge=0, le=20, description="How often all steps come again.")
    every: Duration | None = Field(
        default=None,
        description="From one round to the next; else the last step's time and once more the pause before it.",
    )
    acknowledge_for: Deadline = Field(
        default=None,
        description="How long an acknowledgement holds; if it is still open then, it pages again. none: for good.",
    )
    time_zone: TimeZone | None = Field(
        default=None, description="Of the hours of its routes; else the installation's."
    )
    holidays: tuple[Holidays, ...] = Field(
        default=(), description="Whose holidays its routes mean: TW, DE-BY, or days such as 2026-12-24."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Escalation:
        for steps in (self.steps, *(route.steps for route in self.routes)):
            _in_order(steps, self.every)
        if self.acknowledge_for is not None and self.acknowledge_for < _SHORTEST:
            raise ValueError("acknowledge_for: an acknowledgement holds for at least 1m")
        if not self.holidays and any(route.holidays for route in self.routes):
            raise ValueError("a route speaks of holidays: say whose, such as holidays: [TW]")
        return self

    def targets(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every target of every step, with its place below the escalation."""
        ladders: list[tuple[tuple[str | int, ...], tuple[Step, ...]]] = [(("steps",), self.steps)]
        ladders += [(("routes", index, "steps"), route.steps) for index, route in enumerate(self.routes)]
        for path, steps in ladders:
            for index, step in enumerate(steps):
                yield from (((*path, index, "page", place), each) for place, each in enumerate(step.page))

    @property
    def asks_the_team(self) -> bool:
        """Whether a step pages the team that owns the service."""
        return any(target in _OF_SERVICE for _, target in self.targets())

    def round(self, steps: Sequence[Step]) -> timedelta:
        """How long one round of these steps lasts."""
        if self.every is not None:
            return self.every
        last = steps[-1].after
        before = steps[-2].after if len(steps) > 1 else timedelta()
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
        yield from self._mentions()
        services: Mapping[str, Service] = getattr(self, "services", {})  # of the catalogue, in the whole
        for name, service in services.items():
            if service.escalation is None:
                continue
            escalation = self.escalations.get(service.escalation)
            if escalation is None:
                yield Problem(
                    path=("services", name, "escalation"),
                    message=f"there is no escalation {service.escalation}",
                    fix=did_you_mean(service.escalation, self.escalations, "escalations"),
                )
            elif service.team is None and escalation.asks_the_team:
                yield Problem(
                    path=("services", name, "escalation"),
                    message=f"{service.escalation} pages the team of the service, and {name} has none",
                    fix=f"say under services: which team owns {name}",
                    level="warning",
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
        teams: Mapping[str, Team] = getattr(self, "teams", {})
        known: dict[str, tuple[str, Mapping[str, object]]] = {
            "schedule": ("schedules", self.schedules),
            "person": ("people", getattr(self, "people", {})),
            "team": ("teams", teams),
            "lead": ("teams", teams),
            "channel": ("channels", getattr(self, "channels", {})),
        }
        for name, escalation in self.escalations.items():
            for path, target in escalation.targets():
                place = ("escalations", name, *path)
                kind, _, wanted = target.partition(":")
                if kind == "title":
                    yield from self._title(place, wanted)
                elif kind in known and wanted not in known[kind][1]:
                    yield Problem(
                        path=place,
                        message=f"there is no {'team' if kind == 'lead' else kind} {wanted}",
                        fix=did_you_mean(wanted, known[kind][1], known[kind][0]),
                    )
                elif kind == "lead" and teams[wanted].lead is None:
                    yield Problem(
                        path=place,
                        message=f"the team {wanted} has no lead",
                        fix=f"give it one: teams: {wanted}: lead:",
                        level="warning",
                    )

    def _mentions(self) -> Iterator[Problem]:
        """Those of severities: targets, of which none is a room."""
        policies: Mapping[str, Policy] = getattr(self, "policies", {})
        for name, policy in policies.items():
            for level_name, level in policy.levels.items():
                for index, each in enumerate(level.mentions):
                    try:
                        wrong = each != EVERYONE and _target(each).startswith("channel:")
                    except ValueError:
                        wrong = True
                    if wrong:
                        yield Problem(
                            path=("policies", name, "levels", level_name, "mentions", index),
                            message=f"{each!r} is nobody to call in a room",
                            fix=f"write {EVERYONE}, role:ROLE, lead:TEAM, team:NAME, schedule:NAME or person:NAME",
                        )

    def _title(self, path: tuple[str | int, ...], wanted: str) -> Iterator[Problem]:
        people: Mapping[str, Person] = getattr(self, "people", {})
        titles = {each.title for each in people.values() if each.title}
        if not any(same_title(each, wanted) for each in titles):
            yield Problem(
                path=path,
                message=f"nobody has the title {wanted}",
                fix=did_you_mean(wanted, titles, "people: NAME: title"),
            )


class Rota(Directory, Protocol):
    """What on call reads of the configuration."""

    @property
    def people(self) -> Mapping[str, Person]: ...
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


def same_title(one: str, other: str) -> bool:
    """`DBA` and `dba` are one title."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
