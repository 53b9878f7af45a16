"""What does the configuration say about drills? `drills:`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Section, Settings


class DrillSettings(Settings):
    """How often a drill is due, and how long a page may take to be answered."""

    every: Duration | None = Field(
        default=None, description="A schedule without a drill for this long has its people reminded of one."
    )
    within: Duration = Field(
        default=timedelta(minutes=10), description="A drill page that is not answered by then was missed."
    )


class DrillSection(Section):
    """The key of drills."""

    drills: Annotated[
        DrillSettings,
        Field(default=DrillSettings(), description="Drill pages, which prove that pages arrive."),
    ]
