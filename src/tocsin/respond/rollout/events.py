"""What can happen in a repair, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

SPOKEN = (
    *(N_("rollback"), N_("restart"), N_("scale"), N_("hotfix"), N_("degrade")),
    *(N_("validate"), N_("prepare"), N_("perform"), N_("verify"), N_("record")),
    *(
        N_("deployment"),
        N_("configuration"),
        N_("memory-leak"),
        N_("connection-issue"),
        N_("resource-exhaustion"),
    ),
    *(N_("capacity"), N_("performance"), N_("code-bug"), N_("logic-error")),
)
"""How ways, stages and causes stand in the data of events: in English as they are, for the catalogs of the others."""

CAUSE = declare(
    "repair.cause",
    N_("{actor} takes the cause to be {cause}: {why}"),
    N_("{actor} takes the cause to be {cause}"),
    ours=("cause",),
)
CHOSEN = declare(
    "repair.chosen",
    N_("{actor} chose {strategy}; advised was {advised}: {why}"),
    N_("{actor} chose {strategy}; advised was {advised}"),
    ours=("strategy", "advised"),
)
STARTED = declare("rollback.started", N_("Roll back from {from_version} to {to_version}: {reason}"))
STAGE = declare("rollback.stage", N_("Roll back, {stage}: {text}"), ours=("stage", "text"))
FINISHED = declare("rollback.finished", N_("Roll back to {to_version} {outcome}: {why}"))
OFF = declare("makeshift.began", N_("For now, until {due_at}: {what}, because {reason}"))
NAGGED = declare("makeshift.nagged", N_("Still not put back after {seconds}: {what}. Told: {names}"))
BACK = declare("makeshift.ended", N_("Put back by {actor} after {seconds}: {what}"))
