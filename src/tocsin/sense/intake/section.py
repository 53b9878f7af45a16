"""Which keys of the configuration belong to intake?"""

from __future__ import annotations

from pydantic import Field

from tocsin.ground.kernel.settings import Section, Settings


class IntakeSettings(Settings):
    """How much a key may send before it is told to come again later."""

    alerts_per_minute: int = Field(
        default=6_000,
        ge=1,
        description="What a key may send for ever. Alerts that repeat what is known count a tenth.",
    )
    burst: int = Field(
        default=60_000, ge=1, description="What a key may send at once after it was quiet, in alerts."
    )


class IntakeSection(Section):
    intake: IntakeSettings = Field(default=IntakeSettings(), description="How much may come in.")
