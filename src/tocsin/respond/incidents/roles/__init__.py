"""Who leads, who mends, who tells, who writes it down? Roles of an incident: filled, explained, handed over."""

from tocsin.respond.incidents.roles.card import CARDS, Card
from tocsin.respond.incidents.roles.roles import Holding, Roles
from tocsin.respond.incidents.roles.section import RoleSection
from tocsin.respond.incidents.roles.store import Handover

__all__ = ["CARDS", "Card", "Handover", "Holding", "RoleSection", "Roles"]
