"""Did the sender sign this? HMAC-SHA256 of the raw body, in hexadecimal, compared as bytes and in constant time.

A hostile header (not ASCII, short, endless, no number) is a wrong signature, never an error of ours.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from tocsin.ground.kernel.errors import Invalid, Unauthenticated, Unavailable
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.intake.source import Message

WINDOW_S = 300
_FIX = "Sign the raw body with the secret that this key was told."


def prove(message: Message, secret: Secret, *, signature: str, timestamp: str = "") -> None:
    """Returns when the header `signature` holds the right one. Raises Unauthenticated, or Unavailable without a secret.

    Where a header `timestamp` (seconds since 1970) is expected, it is part of what was signed, `TIMESTAMP:BODY`, and
    has to lie within five minutes of our clock.
    """
    signed = message.raw
    if timestamp:
        at = message.headers.get(timestamp.lower(), "")
        if not (at.isascii() and at.isdecimal() and len(at) <= 12):
            raise Unauthenticated("there is no time of signing", field=timestamp, fix=_FIX)
        if abs(message.at.timestamp() - int(at)) > WINDOW_S:
            fix = "Set the clocks right; what is older than five minutes has to be signed anew."
            raise Unauthenticated("signed at another time than now", field=timestamp, fix=fix)
        signed = at.encode() + b":" + signed
    given = message.headers.get(signature.lower(), "").encode("latin-1", "replace")
    wanted = hmac.digest(_revealed(secret).encode(), signed, sha256).hex().encode()
    if not hmac.compare_digest(given, wanted):
        raise Unauthenticated("the signature is missing or wrong", field=signature, fix=_FIX)


def _revealed(secret: Secret) -> str:
    try:
        return secret.reveal()
    except Invalid as error:
        raise Unavailable(f"the secret of this key cannot be read: {error.message}", fix=error.fix) from None
