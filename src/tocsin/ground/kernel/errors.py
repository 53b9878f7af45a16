"""What can go wrong, drawn as one family: the docstring of each error is the advice to who meets it.

Faces translate an error by its class alone: a status code, a JSON body
`{error: {code, field, message, fix}}` or a line on the terminal. Nothing else reaches a user.
"""

from __future__ import annotations


class TocsinError(Exception):
    """Something that a person can understand and mend.

    `message` says what happened, `fix` what to do about it, `field` which part of the input is meant. Both are English;
    marked with N_, or made by `i18n.sentence` where values stand in them, a page says them in the reader's language.
    """

    code = "error"
    status = 500

    def __init__(self, message: str, *, field: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.fix = fix

    def as_json(self) -> dict[str, dict[str, str]]:
        return {"error": {"code": self.code, "field": self.field, "message": self.message, "fix": self.fix}}


class Invalid(TocsinError):
    """The input cannot be taken as it is; change the named field and send it again."""

    code = "invalid"
    status = 422


class Malformed(TocsinError):
    """The bytes are not what the format demands (no JSON, wrong encoding); send them again, well formed."""

    code = "malformed"
    status = 400


class Unauthenticated(TocsinError):
    """Nobody known: sign in, or send a key or a token."""

    code = "unauthenticated"
    status = 401


class Denied(TocsinError):
    """Known, but not allowed to do this; ask for the role that `fix` names."""

    code = "denied"
    status = 403


class NotFound(TocsinError):
    """There is no such thing (or none that the caller may know of)."""

    code = "not_found"
    status = 404


class Conflict(TocsinError):
    """The thing has moved on since the caller looked: look again, then decide."""

    code = "conflict"
    status = 409


class TooLarge(TocsinError):
    """More than the limit that the message names."""

    code = "too_large"
    status = 413


class TooMany(TocsinError):
    """Slow down: try again after `retry_after` seconds."""

    code = "too_many"
    status = 429

    def __init__(self, message: str, *, retry_after: int = 1, field: str = "", fix: str = "") -> None:
        super().__init__(message, field=field, fix=fix)
        self.retry_after = retry_after


class Unavailable(TocsinError):
    """Nothing was stored; try again, the sender still holds the truth."""

    code = "unavailable"
    status = 503


class Overloaded(Unavailable):
    """More at once than can be taken; nothing was stored, try again in a moment. Some protocols have a word for it."""

    code = "overloaded"
