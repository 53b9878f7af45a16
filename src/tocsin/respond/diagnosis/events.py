"""What can happen in a diagnosis, and how is it told?"""

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import declare

declare("diagnosis.started", N_("Diagnosis started by {actor}"))
declare("diagnosis.finished", N_("Diagnosis: {answered} of {asked} answered, {why}"))
declare("diagnosis.advised", N_("What to do next: {why}"))
declare("diagnosis.failed", N_("The diagnosis broke off: {why}"))
