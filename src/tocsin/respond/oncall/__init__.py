"""Who is called, and who if nobody answers? Schedules, escalations and their pages."""

from tocsin.respond.oncall.escalate import Escalations
from tocsin.respond.oncall.oncall import Duty, Oncall
from tocsin.respond.oncall.quiet import Quiet
from tocsin.respond.oncall.rules import ContactRules, Rule
from tocsin.respond.oncall.schedule import Layer, PlannedOverride, Schedule
from tocsin.respond.oncall.section import Escalation, OncallSection, Rota, Route, Step
from tocsin.respond.oncall.store import Climb

__all__ = [
    "Climb",
    "ContactRules",
    "Duty",
    "Escalation",
    "Escalations",
    "Layer",
    "Oncall",
    "OncallSection",
    "PlannedOverride",
    "Quiet",
    "Rota",
    "Route",
    "Rule",
    "Schedule",
    "Step",
]
