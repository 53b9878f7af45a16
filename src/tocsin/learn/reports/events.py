"""What can happen to a report?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

declare("report.drafted", N_("The report was drafted from the timeline"))
