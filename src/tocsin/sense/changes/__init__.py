"""What was changed lately? Deploys and other changes, as their senders told of them."""

from tocsin.sense.changes.change import Change, State
from tocsin.sense.changes.changes import KEPT, Changes
from tocsin.sense.changes.store import ChangeRecord

__all__ = ["KEPT", "Change", "ChangeRecord", "Changes", "State"]
