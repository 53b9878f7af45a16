"""Who is called, and who if nobody answers? Schedules, escalations and their pages."""

from tocsin.respond.oncall.escalate import Escalations
from tocsin.respond.oncall.handover import Handover, Handovers, Note
from tocsin.respond.oncall.notices import Notices
from tocsin.respond.oncall.oncall import Duty, Oncall, Shift
from tocsin.respond.oncall.override import Override, Overrides
from tocsin.respond.oncall.quiet import Quiet
from tocsin.respond.oncall.rules import ContactRules, Rule
from tocsin.respond.oncall.schedule import Layer, PlannedOverride, Schedule
from tocsin.respond.oncall.section import Escalation, OncallSection, Rota, Route, Step
from tocsin.respond.oncall.shadow import Shadowing
from tocsin.respond.oncall.store import Climb
from tocsin.respond.oncall.swap import Swap, Swaps

__all__ = [
    "Climb",
    "ContactRules",
    "Duty",
    "Escalation",
    "Escalations",
    "Handover",
    "Handovers",
    "Layer",
    "Note",
    "Notices",
    "Oncall",
    "OncallSection",
    "Override",
    "Overrides",
    "PlannedOverride",
    "Quiet",
    "Rota",
    "Route",
    "Rule",
    "Schedule",
    "Shadowing",
    "Shift",
    "Step",
    "Swap",
    "Swaps",
]
