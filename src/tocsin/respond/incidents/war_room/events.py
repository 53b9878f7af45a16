"""What can happen to a war room, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

ASKED = declare("room.asked", N_("{actor} asked for a war room"))
OPENED = declare("room.opened", N_("War room opened: #{name}"))
FAILED = declare("room.failed", N_("The war room does not work: {error}. It is tried again."))
WORKS = declare("room.works", N_("The war room works again"))
