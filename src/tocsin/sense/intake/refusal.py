"""What does a sender hear when a message is not taken? The error, in the words of its source's protocol."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from tocsin.ground.kernel.errors import TocsinError, TooMany, Unauthenticated, Unavailable
from tocsin.sense.intake.source import JSON, Answer, Source

_RETRY_S = "5"
_CLOSING = (408, 413, 431)


class WrongMethod(TocsinError):
    """The route exists, but not for this method: use one of those that it knows."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"this path does not know {method[:20]}", fix=f"Use {allowed}.")
        self.allowed = allowed


def failed() -> Unavailable:
    """A mistake of ours, to whoever was sending."""
    message = "something went wrong here; nothing is known to be stored"
    return Unavailable(message, fix="Send it again.")


def refusal(source: Source | None, error: TocsinError) -> Answer:
    """The error in the protocol of the source, or as JSON where none is known."""
    if isinstance(error, Unavailable) and not error.fix:
        error = type(error)(error.message, field=error.field, fix="Send it again.")
    if source:
        answer = source.refuse(error)
    else:
        answer = Answer(status=error.status, body=msgspec.json.encode(error.as_json()), headers=JSON)
    more: tuple[tuple[str, str], ...] = ()
    if isinstance(error, WrongMethod):
        more = (("allow", error.allowed),)
    elif isinstance(error, Unauthenticated):
        more = (("www-authenticate", 'Bearer realm="Tocsin", Basic realm="Tocsin"'),)
    elif isinstance(error, Unavailable):
        more = (("retry-after", _RETRY_S),)
    elif isinstance(error, TooMany):
        more = (("retry-after", str(error.retry_after)),)
    if error.status in _CLOSING:
        more += (("connection", "close"),)
    return replace(answer, headers=answer.headers + more)
