"""What must still happen? Runs, timers, claims and followers that outlive the process; knows no feature."""

from tocsin.ground.engine.boots import Boots
from tocsin.ground.engine.engine import Engine
from tocsin.ground.engine.follow import Followers
from tocsin.ground.engine.timers import Timer, Timers
from tocsin.ground.engine.work import Leg, Work

__all__ = ["Boots", "Engine", "Followers", "Leg", "Timer", "Timers", "Work"]
