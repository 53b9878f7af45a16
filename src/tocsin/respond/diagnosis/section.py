"""How patient is a diagnosis? The key `diagnosis:` of the configuration."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, field_validator

from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Section, Settings

_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=5)


class DiagnosisSettings(Settings):
    timeout: Duration = Field(
        default=timedelta(seconds=20), description="The time-box of each question, 1s to 5m."
    )

    @field_validator("timeout")
    @classmethod
    def _bounded(cls, value: timedelta) -> timedelta:
        if not _SHORTEST <= value <= _LONGEST:
            raise ValueError("a question has between a second and five minutes; write something like 20s")
        return value


class DiagnosisSection(Section):
    """How a service is diagnosed."""

    diagnosis: DiagnosisSettings = Field(
        default=DiagnosisSettings(), description="How patient a diagnosis is."
    )
