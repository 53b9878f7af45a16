"""What is broken, who has it, how long is left? Incidents from the alert to the end."""

from tocsin.respond.incidents.incident import ENDED, FALSE_ALARM, OPEN, Incident
from tocsin.respond.incidents.incidents import Incidents
from tocsin.respond.incidents.noise_marks import Mark
from tocsin.respond.incidents.reality import Reality
from tocsin.respond.incidents.reality_scout import Scout
from tocsin.respond.incidents.store import IncidentClock
from tocsin.respond.incidents.telling import Voice
from tocsin.respond.incidents.titles import CLOCK_TITLES, ROLE_TITLES
from tocsin.respond.incidents.triage import Triage

__all__ = [
    "CLOCK_TITLES",
    "ENDED",
    "FALSE_ALARM",
    "OPEN",
    "ROLE_TITLES",
    "Incident",
    "IncidentClock",
    "Incidents",
    "Mark",
    "Reality",
    "Scout",
    "Triage",
    "Voice",
]
