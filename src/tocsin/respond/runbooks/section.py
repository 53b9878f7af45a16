"""How patient are runs? The key `runs:` of the configuration."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Section, Settings


class RunSettings(Settings):
    window: Duration = Field(
        default=timedelta(seconds=120),
        description="After a verification that passed, so long the alert has to clear.",
    )
    settle: Duration = Field(
        default=timedelta(seconds=30),
        description="So long a service may settle after a repair whose author named no wait.",
    )
    poll: Duration = Field(default=timedelta(seconds=5), description="Between two rounds while it settles.")
    approval_expires: Duration = Field(
        default=timedelta(minutes=30), description="So long a request for approval can be answered."
    )


class RunSection(Section):
    """How runs of runbooks behave."""

    runs: RunSettings = Field(default=RunSettings(), description="How patient runs are.")
