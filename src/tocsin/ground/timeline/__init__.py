"""What happened, in order? The append-only story of every incident."""

from tocsin.ground.timeline.event import Event, Kind, declare, kinds, sentence
from tocsin.ground.timeline.follow import Followers
from tocsin.ground.timeline.reason import Reason, reason, told
from tocsin.ground.timeline.store import after, append, newest, of_incident

__all__ = [
    "Event",
    "Followers",
    "Kind",
    "Reason",
    "after",
    "append",
    "declare",
    "kinds",
    "newest",
    "of_incident",
    "reason",
    "sentence",
    "told",
]
