"""What was measured last, and of late? One place for all who measure and all who ask: `m.*` of a service."""

from tocsin.sense.measures.measures import Expected, Measures
from tocsin.sense.measures.store import Measured, Point

__all__ = ["Expected", "Measured", "Measures", "Point"]
