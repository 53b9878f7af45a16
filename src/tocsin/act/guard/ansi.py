"""What does `$'\\x72m'` say? The escapes of bash between such quotes, put in."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_LETTERS = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "v": "\v",
}
_HIGHEST = 0x10FFFF


def unescaped(text: str) -> str:
    """The text with its escapes put in."""
    return _ESCAPE.sub(_letter, text)


def _letter(found: re.Match[str]) -> str:
    hexadecimal = found[1] or found[2] or found[3]
    if hexadecimal:
        code = int(hexadecimal, 16)
        return chr(code) if code <= _HIGHEST else ""
    if found[4]:
        return chr(int(found[4], 8) & 0xFF)
    if found[5]:
        return chr(ord(found[5].upper()) & 0x1F) if ord(found[5]) < 128 else ""
    return _LETTERS.get(found[6], found[6])
