"""What was changed lately? Deploys and other changes, as their senders told of them."""

from tocsin.sense.changes.change import Change

__all__ = ["Change"]
