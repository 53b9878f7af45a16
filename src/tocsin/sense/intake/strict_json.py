"""What does the JSON say, and does it say it once? A strict reader of hostile JSON at the speed of msgspec.

Depth is judged on the bytes before a parser sees them, a key that stands twice is refused (two readers would understand
two things), numbers have to fit. A lone surrogate becomes U+FFFD: senders cut texts in the middle of one.
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.sense.intake.limits import DEPTH, too_deep

MENDED = "a broken character was replaced"
_STRUCTURE = b'"{}[]:'
_NOT_STRUCTURE = bytes(each for each in range(256) if each not in _STRUCTURE)
_BRACES = bytes.maketrans(b"[]", b"{}")
_SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..")
_LARGEST = 2**63


def read_json(payload: bytes) -> tuple[Any, tuple[str, ...]]:
    """The value and what had to be mended. Raises Malformed or Invalid."""
    pairs = count_keys(payload)
    flags: tuple[str, ...] = ()
    if b"\\ud" in payload or b"\\uD" in payload:
        mended = _SURROGATES.sub(_whole, payload)
        if mended != payload:
            payload, flags = mended, (MENDED,)
    try:
        value = _decoder.decode(payload)
    except msgspec.ValidationError as error:
        fix = "Send numbers that fit 64 bits, or send them as text."
        raise Invalid(f"a number is out of range: {error}", field="body", fix=fix) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"this is no JSON: {error}", field="body", fix="Send one JSON document.") from None
    if _count(value) != pairs:
        raise Malformed("a key stands twice in one object", field="body", fix="Name each key once.")
    return value, flags


def count_keys(payload: bytes) -> int:
    """How many keys the text has, counted on its skeleton; raises when it is nested too deep."""
    if b"\\" in payload:
        payload = payload.replace(b"\\\\", b"").replace(b'\\"', b"")
    skeleton = b"".join(payload.translate(None, _NOT_STRUCTURE).split(b'"')[::2])
    pairs = skeleton.count(b":")
    nested = skeleton.translate(_BRACES, b":")
    for _ in range(DEPTH):
        flatter = nested.replace(b"{}", b"")
        if len(flatter) == len(nested):
            break
        nested = flatter
    if nested.count(b"{") > DEPTH or b"{}" in nested:
        raise too_deep()
    return pairs


def _whole(match: re.Match[bytes]) -> bytes:
    text = match.group()
    return text if text == b"\\\\" or len(text) > 6 else b"\\ufffd"


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value) or (
        value == 0 and any(digit in "123456789" for digit in text.lower().partition("e")[0])
    ):
        raise ValueError(text[:40])
    return value


_decoder = msgspec.json.Decoder(float_hook=_float)


def _count(value: Any) -> int:
    """How many keys the value has; a number that does not fit 64 bits is refused on the way."""
    if isinstance(value, dict):
        return len(value) + sum([_count(each) for each in value.values() if not isinstance(each, str)])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - decoded JSON
    if isinstance(value, list):
        return sum([_count(each) for each in value if not isinstance(each, str)])  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise Invalid("an integer does not fit 64 bits", field="body", fix="Send it as text.")
    return 0
