"""How are services repaired? The key `repair:`, and in each service `repair:` and `degrade:`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field, ValidationError, field_validator

from tocsin.ground.catalogue import Service, Slug, did_you_mean
from tocsin.ground.kernel.conditions import ALERT, BadCondition, compile_condition
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Problem, Section, Settings
from tocsin.ground.kernel.validation import translate
from tocsin.ground.kernel.yaml import Tree
from tocsin.respond.rollout.strategy import NAMES, STANDARD, Name, Strategy
from tocsin.respond.rollout.way import Way

MOST_ATTEMPTS = 3


class Row(Settings):
    """What is different from the shipped table. Without a field, the table's own value holds."""

    time_to_restore: Duration | None = Field(default=None, description="How long it usually takes.")
    risk: str | None = Field(default=None, pattern="^(low|medium|high)$", description="low, medium or high.")
    data_loss: bool | None = Field(default=None, description="Whether data may be lost by it.")
    causes: tuple[str, ...] | None = Field(default=None, description="The causes that it cures.")


class RepairSettings(Settings):
    window: Duration = Field(
        default=timedelta(hours=1),
        description="So long after a deploy a roll back is the first choice of a critical incident.",
    )
    stable_after: Duration = Field(
        default=timedelta(hours=1),
        description="A version that has run so long without an incident counts as stable.",
    )
    attempts: int = Field(
        default=MOST_ATTEMPTS, ge=1, le=MOST_ATTEMPTS, description="Attempts at a roll back, at most 3."
    )
    verify_within: Duration = Field(
        default=timedelta(minutes=2), description="After a roll back, so long all checks may take to pass."
    )
    verify_every: Duration = Field(default=timedelta(seconds=10), description="Between two rounds of them.")
    back_within: Duration = Field(
        default=timedelta(hours=1),
        description="A security rule that was switched off has to be on again after so long.",
    )
    strategies: dict[Name, Row] = Field(
        default_factory=dict, description="Rows of the table of strategies that are different here."
    )

    @field_validator("verify_every", "back_within")
    @classmethod
    def _not_nothing(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=1):
            raise ValueError("at least a second")
        return value

    @property
    def table(self) -> Mapping[Name, Strategy]:
        """The shipped table with what is different here."""
        return {name: self._row(name) for name in NAMES}

    def _row(self, name: Name) -> Strategy:
        row = self.strategies.get(name)
        told = row.model_dump(exclude_none=True) if row else {}
        return Strategy.model_validate({**STANDARD[name].model_dump(), **told})

    @property
    def causes(self) -> tuple[str, ...]:
        """Every cause that the table knows."""
        table = self.table
        return tuple(dict.fromkeys(cause for name in NAMES for cause in table[name].causes))


class ServiceRepair(Settings):
    """How one service is repaired. A strategy without a way is advised all the same, and done by hand."""

    environment: str = Field(
        default="production",
        description="Deploys to any other place, such as staging, put no version in place here.",
    )
    prepare: Way | None = Field(default=None, description="What comes before a roll back, such as a backup.")
    rollback: Way | None = Field(default=None, description="How ${VERSION} is put back.")
    restart: Way | None = Field(default=None, description="How it is restarted.")
    scale: Way | None = Field(default=None, description="How it gets more room.")

    def way(self, strategy: str) -> Way | None:
        """How a strategy is carried out here; None where that is done by hand."""
        return {"rollback": self.rollback, "restart": self.restart, "scale": self.scale}.get(strategy)

    @property
    def ways(self) -> frozenset[str]:
        return frozenset(name for name in NAMES if self.way(name))


class DegradeOption(Way):
    """Something simpler that keeps people served until the repair is done."""

    name: Slug = Field(description="As commands call it.")
    title: str = Field(default="", max_length=200, description="As pages call it. Without it, its name.")
    when: str = Field(
        default="", description="A condition in CEL over alert, service, m and q. Empty: always possible."
    )
    quality: int = Field(
        default=50, ge=0, le=100, description="How much of the service is left, of 100: the best comes first."
    )
    back: Way | None = Field(default=None, description="How it is taken back.")

    @field_validator("when")
    @classmethod
    def _compiles(cls, value: str) -> str:
        if value:
            compile_condition(value, ALERT)
        return value

    @property
    def label(self) -> str:
        return self.title or self.name


def repair_of(service: Service) -> ServiceRepair:
    """How the service is repaired, as configured. Raises ValidationError for what the configuration refused."""
    return ServiceRepair.model_validate(service.repair)


def options_of(service: Service) -> tuple[DegradeOption, ...]:
    """Its degrade options, the best first."""
    options = [DegradeOption.model_validate(each) for each in service.degrade]
    return tuple(sorted(options, key=lambda each: -each.quality))


class RepairSection(Section):
    """How repairs are chosen and carried out."""

    repair: RepairSettings = Field(default=RepairSettings(), description="How repairs are chosen.")

    def cross_check(self) -> Iterable[Problem]:
        services: Mapping[str, Service] = getattr(self, "services", {})  # of the catalogue, in the whole
        for name, service in services.items():
            yield from _checked(service.repair, ServiceRepair, ("services", name, "repair"))
            names: set[str] = set()
            for index, option in enumerate(service.degrade):
                path = ("services", name, "degrade", index)
                yield from _checked(option, DegradeOption, path)
                told = str(option.get("name", ""))
                if told in names:
                    yield Problem(
                        path=(*path, "name"),
                        message=f"there are two options {told}",
                        fix="give each its own name",
                    )
                names.add(told)
            yield from _targets(name, service)


def _checked(
    entry: Mapping[str, Any], settings: type[Settings], path: tuple[str | int, ...]
) -> Iterator[Problem]:
    try:
        settings.model_validate(entry)
    except ValidationError as error:
        for each in translate(error, Tree(data=dict(entry)), settings.model_json_schema()):
            yield Problem(path=(*path, *each.path), message=each.message, fix=each.fix)
    except BadCondition as error:
        yield Problem(path=(*path, "when"), message=error.message, fix=error.fix)


def _targets(name: str, service: Service) -> Iterator[Problem]:
    """Targets that an action names and the service does not have."""
    entries: Sequence[tuple[tuple[str | int, ...], Any]] = [
        *(((("repair", way), each)) for way, each in service.repair.items()),
        *((("degrade", index), each) for index, each in enumerate(service.degrade)),
    ]
    for path, entry in entries:
        on: object = entry.get("on") if isinstance(entry, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as YAML gave it
        if isinstance(on, str) and on not in service.targets:
            yield Problem(
                path=("services", name, *path, "on"),
                message=f"there is no target {on}",
                fix=did_you_mean(on, service.targets, "targets"),
            )
