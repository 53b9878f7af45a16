"""Signatures as senders make them, and as somebody makes them who does not know the secret."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

SECRET = "a long secret that only two know"
WHSEC = "whsec_" + base64.b64encode(b"thirty-two bytes of randomness..").decode()

Headers = dict[str, str]


def hex_of(body: bytes, secret: str = SECRET, algorithm: str = "sha256") -> str:
    """HMAC of the body in hexadecimal."""
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def standard(body: bytes, at: float, secret: str = WHSEC, identity: str = "evt-1") -> Headers:
    """The headers of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = b".".join((identity.encode(), str(int(at)).encode(), body))
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {"webhook-id": identity, "webhook-timestamp": str(int(at)), "webhook-signature": f"v1,{signature}"}


def rewritten(body: bytes) -> bytes:
    """The same JSON in other bytes: what comes of signing a parsed message instead of the raw one."""
    other = json.dumps(json.loads(body), indent=1).encode()
    assert other != body
    return other


def forged_hex(body: bytes, header: str, prefix: str = "") -> Iterator[tuple[str, Headers]]:
    """Signatures in hexadecimal that prove nothing."""
    right = prefix + hex_of(body)
    yield "none", {}
    yield "empty", {header: ""}
    yield "only the prefix", {header: prefix}
    yield "short", {header: right[:-1]}
    yield "long", {header: right + "0"}
    yield "of another secret", {header: prefix + hex_of(body, "another")}
    yield "of the empty secret", {header: prefix + hex_of(body, "")}
    yield "not ASCII", {header: "ß" * 64}
    yield "in capitals", {header: right.upper()}
    yield "two at once", {header: f"{right},{right}"}
    yield "of another algorithm", {header: prefix + hex_of(body, algorithm="sha512")[:64]}
    yield "of SHA-1", {header: "sha1=" + hex_of(body, algorithm="sha1")}
    yield "of the body written anew", {header: prefix + hex_of(rewritten(body))}
    yield "endless", {header: "a" * 12_000}
    yield "with a blank", {header: f" {right} "}


def forged_standard(body: bytes, at: float) -> Iterator[tuple[str, Headers]]:
    """Signatures of Standard Webhooks that prove nothing."""
    right = standard(body, at)
    yield "none", {}
    yield "no signature", {**right, "webhook-signature": ""}
    yield "no id", {**right, "webhook-id": ""}
    yield "another id", {**right, "webhook-id": "evt-2"}
    yield "no time", {**right, "webhook-timestamp": ""}
    yield "no number", {**right, "webhook-timestamp": "now"}
    yield "digits of another script", {**right, "webhook-timestamp": "\u00b2" * 10}
    yield "an endless number", {**right, "webhook-timestamp": "1" * 4_000}
    yield "another time", {**right, "webhook-timestamp": str(int(at) + 1)}
    yield "old", standard(body, at - 301)
    yield "of tomorrow", standard(body, at + 301)
    yield "of another secret", standard(body, at, "whsec_" + base64.b64encode(b"another").decode())
    yield "of the body written anew", standard(rewritten(body), at)
    yield (
        "of another version",
        {**right, "webhook-signature": right["webhook-signature"].replace("v1", "v1a")},
    )
    yield "without its version", {**right, "webhook-signature": right["webhook-signature"][3:]}
    yield "short", {**right, "webhook-signature": right["webhook-signature"][:-2]}
    yield "not ASCII", {**right, "webhook-signature": "v1,ßßßß"}
    yield "a list of wrong ones", {**right, "webhook-signature": "v1,AAAA v1,BBBB v1,"}


def refuse_all(
    cases: Iterator[tuple[str, Headers]], send: Callable[[Headers], Any], stored: Callable[[], int]
) -> None:
    """Every forged message is refused with 401, and leaves nothing behind."""
    before = stored()
    for name, headers in cases:
        heard = send(headers)
        assert heard.status == 401, f"{name}: {heard}"
        assert heard.json["error"]["message"], name
        assert stored() == before, f"{name} was taken"
