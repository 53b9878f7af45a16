"""Which alerts fire? The ledger that every source writes to, and the news that triage claims."""

from tocsin.sense.alerts.acknowledge import acknowledge, id_of_key
from tocsin.sense.alerts.alert import Alert, AlertEvent
from tocsin.sense.alerts.batch import Outcome
from tocsin.sense.alerts.entrance import Entrance
from tocsin.sense.alerts.ledger import TOPIC, Ledger
from tocsin.sense.alerts.news import claim, done
from tocsin.sense.alerts.section import AlertsSection
from tocsin.sense.alerts.signal import API, MONITOR, Sender, Signal
from tocsin.sense.alerts.store import get, get_many, list_alerts

__all__ = [
    "API",
    "MONITOR",
    "TOPIC",
    "Alert",
    "AlertEvent",
    "AlertsSection",
    "Entrance",
    "Ledger",
    "Outcome",
    "Sender",
    "Signal",
    "acknowledge",
    "claim",
    "done",
    "get",
    "get_many",
    "id_of_key",
    "list_alerts",
]
