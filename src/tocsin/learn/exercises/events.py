"""What can a drill add to the story of an incident?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

declare("drill.known", N_("This is a drill: {by} put the fault “{fault}” in on purpose"))
declare("drill.ended", N_("The drill “{fault}” is over: {state}"), ours=("state",))
