"""What must still happen? Runs, timers and claims that outlive the process; knows no feature."""

from tocsin.ground.engine.boots import Boots, Living, Role
from tocsin.ground.engine.engine import Engine
from tocsin.ground.engine.timers import Timer, Timers
from tocsin.ground.engine.work import Interrupted, Leg, Work

__all__ = ["Boots", "Engine", "Interrupted", "Leg", "Living", "Role", "Timer", "Timers", "Work"]
