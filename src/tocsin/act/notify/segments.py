"""How many text messages does a text become? As the networks count them (3GPP TS 23.038).

A text of the basic alphabet has 160 places in one message and 153 in each of several; a few characters take two.
One character outside of it, such as a Chinese one or an ellipsis, and the whole text is counted in UTF-16: 70
and 67.
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_PLACES = frozenset("^{}\\[~]|€")


def is_basic(text: str) -> bool:
    """Whether the whole text can be written in the basic alphabet."""
    return all(character in _BASIC or character in _TWO_PLACES for character in text)


def segments(text: str) -> int:
    """Messages on the wire, each of which is paid."""
    if is_basic(text):
        places, alone, each = sum(2 if one in _TWO_PLACES else 1 for one in text), 160, 153
    else:
        places, alone, each = len(text.encode("utf-16-le", "replace")) // 2, 70, 67
    return 1 if places <= alone else -(-places // each)
