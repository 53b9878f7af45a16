"""Does it still work? The monitor that runs the checks of each service on a beat."""

from tocsin.sense.monitor.monitor import Monitor
from tocsin.sense.monitor.store import PastRound, past_rounds

__all__ = ["Monitor", "PastRound", "past_rounds"]
