"""Did Slack send this? The v0 signature over the raw body, by Slack's own verifier, with the clock of the house.

docs.slack.dev/authentication/verifying-requests-from-slack: HMAC-SHA-256 with the signing secret over
`v0:TIMESTAMP:BODY`, compared in constant time; what is older or newer than five minutes is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping

from slack_sdk.signature import Clock as VerifierClock
from slack_sdk.signature import SignatureVerifier

from tocsin.act.notify.channel import Unproven
from tocsin.ground.kernel.clock import Clock

_LONGEST_STAMP = 12
_UNPROVEN = "Slack did not sign this"


class _House(VerifierClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


def check(body: bytes, headers: Mapping[str, str], secret: str, clock: Clock) -> str:
    """The signature, by which a repetition is known again. Raises Unproven."""
    stamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    plain = stamp.isascii() and stamp.isdigit() and len(stamp) <= _LONGEST_STAMP and signature.isascii()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        plain, text = False, ""
    if not plain or not SignatureVerifier(secret, _House(clock)).is_valid(text, stamp, signature):
        raise Unproven(
            _UNPROVEN, fix="Check signing_secret: under slack: in tocsin.yaml, and the clock of this machine."
        )
    return signature
