"""How is a service brought back, and what must be undone afterwards? Advice, roll backs, and what stands for now."""

from tocsin.respond.rollout.decide import Advice, Judged, Situation, decide
from tocsin.respond.rollout.placed import Placed, Standing
from tocsin.respond.rollout.repairs import Advised, Possible, Repairs
from tocsin.respond.rollout.rollbacks import Rollbacks
from tocsin.respond.rollout.section import DegradeOption, RepairSection, ServiceRepair
from tocsin.respond.rollout.store import Cause, Makeshift, Rollback
from tocsin.respond.rollout.strategy import CAUSES, TITLES, Strategy
from tocsin.respond.rollout.versions import STANDINGS, Version
from tocsin.respond.rollout.yard import Yard

__all__ = [
    "CAUSES",
    "STANDINGS",
    "TITLES",
    "Advice",
    "Advised",
    "Cause",
    "DegradeOption",
    "Judged",
    "Makeshift",
    "Placed",
    "Possible",
    "RepairSection",
    "Repairs",
    "Rollback",
    "Rollbacks",
    "ServiceRepair",
    "Situation",
    "Standing",
    "Strategy",
    "Version",
    "Yard",
    "decide",
]
