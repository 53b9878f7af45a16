"""Does Tocsin itself work? The auditor that asks each minute, and how long pages take."""

from tocsin.learn.watch.auditor import Auditor
from tocsin.learn.watch.latency import Latencies, Latency
from tocsin.learn.watch.section import WatchSection
from tocsin.learn.watch.store import Finding

__all__ = ["Auditor", "Finding", "Latencies", "Latency", "WatchSection"]
