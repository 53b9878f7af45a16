"""What do people outside know? Updates: drafted from the timeline, sent by a person, the next one on a clock."""

from tocsin.respond.incidents.updates.section import Audience, StakeholderSection
from tocsin.respond.incidents.updates.store import Update
from tocsin.respond.incidents.updates.templates import TEMPLATES, Template, Text
from tocsin.respond.incidents.updates.updates import Receipt, Told, Updates

__all__ = [
    "TEMPLATES",
    "Audience",
    "Receipt",
    "StakeholderSection",
    "Template",
    "Text",
    "Told",
    "Update",
    "Updates",
]
