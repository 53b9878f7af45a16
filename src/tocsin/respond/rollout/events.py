"""What can happen in a repair, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

CAUSE = declare(
    "repair.cause",
    N_("{actor} takes the cause to be {cause}: {why}"),
    N_("{actor} takes the cause to be {cause}"),
)
CHOSEN = declare(
    "repair.chosen",
    N_("{actor} chose {strategy}; advised was {advised}: {why}"),
    N_("{actor} chose {strategy}; advised was {advised}"),
)
STARTED = declare("rollback.started", N_("Roll back from {from_version} to {to_version}: {reason}"))
STAGE = declare("rollback.stage", N_("Roll back, {stage}: {text}"))
FINISHED = declare("rollback.finished", N_("Roll back to {to_version} {outcome}: {why}"))
OFF = declare("makeshift.began", N_("For now, until {due_at}: {what}, because {reason}"))
NAGGED = declare("makeshift.nagged", N_("Still not put back after {seconds}: {what}. Told: {names}"))
BACK = declare("makeshift.ended", N_("Put back by {actor} after {seconds}: {what}"))
