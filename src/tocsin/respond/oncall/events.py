"""What does the timeline tell about escalations?"""

from __future__ import annotations

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

STARTED = declare("escalation.started", N_("Escalation {policy} started, steps: {steps}"))
STEP = declare("escalation.step", N_("Escalation reached step {step} of {steps}: {target}"))
SKIPPED = declare("escalation.skipped", N_("Nobody to page in step {step} of {steps} ({target})"))
FALLBACK = declare("escalation.fallback", N_("Nobody could be reached: paging everybody"))
EXHAUSTED = declare("escalation.exhausted", N_("Escalation {policy} is exhausted: nobody has acknowledged"))
NOBODY = declare("escalation.nobody", N_("Nobody can be paged: no channel reaches anybody"))
STOPPED = declare("escalation.stopped", N_("Escalation stopped: {why}"))
TWICE = declare(
    "escalation.twice",
    N_("{person} has a page by {channel} within the same minute: step {step} of {steps} adds none"),
)
SOON = declare(
    "escalation.soon",
    N_("{person} was paged by {channel} less than a minute ago: the next page leaves at {until}"),
)
QUIET = declare(
    "escalation.quiet", N_("The page to {person} by {channel} waits for the end of quiet hours at {until}")
)
DIGESTED = declare(
    "escalation.digested", N_("Quiet hours of {person}: goes into the digest instead of {channel}")
)
ROUTED = declare("escalation.routed", N_("Escalation {policy} takes its steps for: {route}"))
PRESSED = declare("escalation.pressed", N_("{actor} asked for the next step"))
