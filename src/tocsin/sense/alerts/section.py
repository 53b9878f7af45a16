"""Which keys of the configuration belong to the alerts?"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Section


class AlertsSection(Section):
    resolve_timeout: Duration = Field(
        default=timedelta(minutes=5),
        description="An alert of Prometheus that is not sent again for this long is over.",
    )
    keep_alerts: Duration = Field(
        default=timedelta(days=30),
        description="An alert that was over for this long, and is part of no incident, is forgotten; how often "
        "its rule fired on each day is kept.",
    )
