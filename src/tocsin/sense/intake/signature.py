"""Did the sender sign this? HMAC-SHA256 of the raw body, or a token, compared as bytes and in constant time.

A hostile header (not ASCII, short, endless, no number) is a wrong signature, never an error of ours. What was proven
when it came, and is sent again from our own mailbook, is not asked a second time.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256

from tocsin.ground.kernel.errors import Invalid, Unauthenticated, Unavailable
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.intake.source import Message

WINDOW_S = 300
_WHSEC = "whsec_"
_FIX = "Sign the raw body with the secret that this key was told."


def prove(message: Message, secret: Secret, *, signature: str, timestamp: str = "", prefix: str = "") -> None:
    """Returns when the header `signature` holds the right one, in hexadecimal after `prefix` (`sha256=`).

    Raises Unauthenticated, or Unavailable where the secret cannot be read.

    Where a header `timestamp` (seconds since 1970) is expected, it is part of what was signed, `TIMESTAMP:BODY`, and
    has to lie within five minutes of our clock.
    """
    if message.proven:
        return
    signed = message.raw
    if timestamp:
        signed = _time_of(message, timestamp).encode() + b":" + signed
    wanted = prefix.encode() + hmac.digest(revealed(secret).encode(), signed, sha256).hex().encode()
    if not hmac.compare_digest(_given(message, signature), wanted):
        raise _wrong(signature)


def prove_standard(message: Message, secret: Secret) -> None:
    """As Standard Webhooks has it (standardwebhooks.com, specification, "verifying webhook authenticity").

    `webhook-signature` is a list, since senders rotate their secrets: one right `v1,BASE64` is enough. `webhook-id` and
    `webhook-timestamp`, within five minutes of our clock, are part of what was signed. A secret `whsec_…` is base 64.
    """
    if message.proven:
        return
    at = _time_of(message, "webhook-timestamp").encode()
    signed = b".".join((_given(message, "webhook-id"), at, message.raw))
    digest = hmac.digest(_standard_key(revealed(secret)), signed, sha256)
    wanted = b"v1," + base64.b64encode(digest)
    given = _given(message, "webhook-signature").split(b" ")
    if not any(hmac.compare_digest(each, wanted) for each in given):
        raise _wrong("webhook-signature")


def prove_token(message: Message, secret: Secret, *, header: str) -> None:
    """Returns when the header holds the secret itself. Raises as `prove`."""
    if message.proven:
        return
    if not hmac.compare_digest(_given(message, header), revealed(secret).encode()):
        raise Unauthenticated(
            "the token is missing or wrong", field=header, fix="Send the token of this key."
        )


def _given(message: Message, header: str) -> bytes:
    return message.headers.get(header.lower(), "").encode("latin-1", "replace")


def _time_of(message: Message, header: str) -> str:
    at = message.headers.get(header.lower(), "")
    if not (at.isascii() and at.isdecimal() and len(at) <= 12):
        raise Unauthenticated("there is no time of signing", field=header, fix=_FIX)
    if abs(message.at.timestamp() - int(at)) > WINDOW_S:
        fix = "Set the clocks right; what is older than five minutes has to be signed anew."
        raise Unauthenticated("signed at another time than now", field=header, fix=fix)
    return at


def _standard_key(secret: str) -> bytes:
    if not secret.startswith(_WHSEC):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except (binascii.Error, ValueError):
        message = "the secret of this key begins with whsec_, but is not base 64"
        raise Unavailable(message, fix="Copy it again from its sender.") from None


def _wrong(header: str) -> Unauthenticated:
    return Unauthenticated("the signature is missing or wrong", field=header, fix=_FIX)


def revealed(secret: Secret) -> str:
    """The secret. Raises Unavailable: the sender has done nothing wrong and may send it again."""
    try:
        return secret.reveal()
    except Invalid as error:
        raise Unavailable(f"the secret of this key cannot be read: {error.message}", fix=error.fix) from None
