"""Does it still work? The checks of each service on a beat, and the numbers that `monitors:` names."""

from tocsin.sense.monitor.monitor import Monitor
from tocsin.sense.monitor.monitors import Monitors
from tocsin.sense.monitor.section import MetricMonitor, MonitorSection
from tocsin.sense.monitor.standing import Standing
from tocsin.sense.monitor.store import PastRound, past_rounds

__all__ = [
    "MetricMonitor",
    "Monitor",
    "MonitorSection",
    "Monitors",
    "PastRound",
    "Standing",
    "past_rounds",
]
