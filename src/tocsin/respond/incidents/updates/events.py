"""What can happen to updates, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

SENT = declare("update.sent", N_("{actor} told {audiences}: {subject}"))
REMINDED = declare("update.reminded", N_("{names} were reminded of the next update"))
