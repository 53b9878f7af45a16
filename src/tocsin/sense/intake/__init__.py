"""How do alerts come in? Sources, one file each, behind one receiver."""

from tocsin.sense.intake.deliveries import Health, Mailbook, Received
from tocsin.sense.intake.house import House
from tocsin.sense.intake.quota import Quota
from tocsin.sense.intake.receive import Receiver, every_source
from tocsin.sense.intake.source import Answer, Message, Reading, Source

__all__ = [
    "Answer",
    "Health",
    "House",
    "Mailbook",
    "Message",
    "Quota",
    "Reading",
    "Received",
    "Receiver",
    "Source",
    "every_source",
]
