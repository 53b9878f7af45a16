"""Who is called, and who if nobody answers? Schedules, escalations and their pages."""

from tocsin.respond.oncall.escalate import Escalations
from tocsin.respond.oncall.oncall import Duty, Oncall
from tocsin.respond.oncall.schedule import Layer, Override, Schedule
from tocsin.respond.oncall.section import Escalation, OncallSection, Rota, Step
from tocsin.respond.oncall.store import Climb

__all__ = [
    "Climb",
    "Duty",
    "Escalation",
    "Escalations",
    "Layer",
    "Oncall",
    "OncallSection",
    "Override",
    "Rota",
    "Schedule",
    "Step",
]
