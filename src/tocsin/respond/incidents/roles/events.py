"""What can happen to a role, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

# The note is as long as a page: it stands beside the role, and in the event.
ASKED = declare("role.handover.asked", N_("{actor} asks {person} to take over as {role}"))
ACCEPTED = declare("role.handover.accepted", N_("{actor} has taken over from {person} as {role}"))
DECLINED = declare(
    "role.handover.declined",
    N_("{actor} does not take over as {role}: {reason}"),
    N_("{actor} does not take over as {role}"),
)
WITHDRAWN = declare("role.handover.withdrawn", N_("{person} need not take over as {role} any more"))
NOBODY = declare("role.nobody", N_("Nobody could be found for the role {role}"))
