"""What does a person mean who answers with a few digits? `4821` acknowledges that page, `1` the newest one.

`6` asks for the next step of the newest page, `4821 6` for that of the page 4821. Words around it are no answer: a
chat is full of numbers.
"""

from __future__ import annotations

import unicodedata

from tocsin.act.notify.channel import Report

ACKNOWLEDGE, ESCALATE = "1", "6"
_CODE = 4
_LONGEST = 40


def read(text: str, address: str) -> Report | None:
    """The report that an answer is; None when it is none of ours. Digits of any script and width are digits."""
    if len(text) > _LONGEST:
        return None
    words = unicodedata.normalize("NFKC", text).strip(" .#!。\t\r\n").split()
    code = words.pop(0) if words and _is_code(words[0]) else ""
    match words:
        case [] if code:
            return Report(kind="acknowledged", code=code, address=address)
        case [word] if word == ACKNOWLEDGE:
            return Report(kind="acknowledged", code=code, address=address)
        case [word] if word == ESCALATE:
            return Report(kind="escalated", code=code, address=address)
        case _:
            return None


def _is_code(word: str) -> bool:
    return len(word) == _CODE and word.isascii() and word.isdigit()
