"""What does the timeline tell about pages?"""

from __future__ import annotations

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

QUEUED = declare("page.queued", N_("A page to {person} by {channel} is on its way (step {step} of {steps})"))
SENT = declare("page.sent", N_("Paged {person} by {channel} (step {step} of {steps})"))
HELD = declare(
    "page.held",
    N_("The page to {person} by {channel} waits until {until}: enough messages went there in a short time"),
)
DELIVERED = declare("page.delivered", N_("The page to {person} by {channel} arrived"))
FAILED = declare("page.failed", N_("The page to {person} by {channel} failed: {error}"))
CANCELLED = declare("page.cancelled", N_("The page to {person} was cancelled: {why}"))
