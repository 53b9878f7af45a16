"""What does the configuration say about a schedule? Layers of rotations in local time, and overrides on top."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from tocsin.ground.catalogue import Slug, TimeZone
from tocsin.ground.kernel.duration import Duration, format_duration
from tocsin.ground.kernel.settings import Settings
from tocsin.respond.oncall.holidays import checked as checked_holidays
from tocsin.respond.oncall.hours import Hours, instant, within_reach
from tocsin.respond.oncall.hours import checked as checked_hours

__all__ = ["Holidays", "Hours", "Layer", "PlannedOverride", "Schedule", "instant"]
_DAY = timedelta(days=1)
_SHORTEST = timedelta(hours=1)


def _wall(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError(
            "a time of a schedule is written without a zone, in the schedule's own: 2026-01-05T09:00"
        )
    if not within_reach(value):
        raise ValueError("a time of a schedule lies between 1970 and 2199")
    return value


def _as_text(value: object) -> object:
    """A day stands in YAML without quotes and is none to us."""
    return value.isoformat() if isinstance(value, date) else value


WallTime = Annotated[datetime, AfterValidator(_wall)]
Holidays = Annotated[str, BeforeValidator(_as_text), AfterValidator(checked_holidays)]
"""A country (`TW`), a part of one (`DE-BY`), or a day (`2026-12-24`)."""


class Layer(Settings):
    """People in turn."""

    name: str = Field(default="", max_length=60, description="As people call it: night, weekend.")
    people: tuple[Slug, ...] = Field(
        min_length=1, description="Names under people:, in the order of their turns."
    )
    rotation: Literal["daily", "weekly"] | Duration = Field(
        default="weekly", description="How long a turn lasts: daily, weekly, or a length such as 12h or 3d."
    )
    start: WallTime = Field(description="When the first turn begins, as wall time: 2026-01-05T09:00.")
    until: WallTime | None = Field(default=None, description="When the layer ends.")
    hours: tuple[Annotated[str, AfterValidator(checked_hours)], ...] = Field(
        default=(), description="When it counts: mon-fri 09:00-18:00. Empty: always."
    )
    holidays: Literal["only", "except"] | None = Field(
        default=None,
        description="Whether hours that begin on a holiday of the schedule count alone (only) or not at all (except).",
    )
    shadow: bool = Field(
        default=False,
        description="Its people learn: they are told what happens, and are never counted as on call.",
    )

    @field_validator("rotation")
    @classmethod
    def _long_enough(cls, value: str | timedelta) -> str | timedelta:
        if isinstance(value, timedelta) and value < _SHORTEST:
            raise ValueError(f"a turn lasts at least 1h, not {format_duration(value)}")
        return value

    @property
    def length(self) -> timedelta:
        if isinstance(self.rotation, timedelta):
            return self.rotation
        return _DAY if self.rotation == "daily" else 7 * _DAY


class PlannedOverride(Settings):
    """Somebody instead of whoever would be on call."""

    person: Slug
    start: WallTime = Field(alias="from", description="Wall time, 2026-12-24T09:00.")
    until: WallTime = Field(description="Wall time, not included.")
    reason: str = Field(default="", max_length=500, description="Why, for those who wonder.")

    @model_validator(mode="after")
    def _forward(self) -> PlannedOverride:
        if self.until <= self.start:
            raise ValueError("an override ends after it begins")
        return self


class Schedule(Settings):
    """Layers, of which a later one goes before an earlier one, and overrides, which go before all."""

    title: str = ""
    time_zone: TimeZone | None = Field(
        default=None, description="Such as Asia/Taipei; else the installation's."
    )
    layers: tuple[Layer, ...] = Field(
        min_length=1, description="The first is the base, later ones go on top."
    )
    holidays: tuple[Holidays, ...] = Field(
        default=(), description="Whose holidays layers mean: TW, DE-BY, or days such as 2026-12-24."
    )
    overrides: tuple[PlannedOverride, ...] = Field(
        default=(), description="The last one that applies counts."
    )

    handover: Literal["tell", "keep"] = Field(
        default="tell",
        description="Whether the note at the end of a turn is sent to the next person, if there is anything to tell, "
        "or only kept.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Schedule:
        if all(layer.shadow for layer in self.layers):
            raise ValueError("nobody would be on call: at least one layer must not be a shadow")
        if not self.holidays and any(layer.holidays for layer in self.layers):
            raise ValueError("a layer speaks of holidays: say whose, such as holidays: [TW]")
        return self

    def layer_name(self, index: int) -> str:
        """As the layer is called, else its number from 1."""
        return self.layers[index].name or str(index + 1)
