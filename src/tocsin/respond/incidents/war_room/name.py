"""What is a room called? `incident-20261121-checkout-is-broken`, by the rules that Slack has for names.

A name has at most 80 small letters, digits, `-` and `_` (docs.slack.dev/reference/methods/conversations.create).
Slack knows the letters of other scripts, too: a title in Chinese stays Chinese. Should a workspace refuse it, `plain`
is the name in ASCII, from the service and the number.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST = 80
_FOR_A_SUFFIX = 4


def room_name(title: str, detected_at: datetime, zone: str) -> str:
    """From what is broken and the day it was detected, as the calendar on the wall there says."""
    return _joined(detected_at, zone, title) or _day(detected_at, zone)


def plain_name(service: str, number: str, detected_at: datetime, zone: str) -> str:
    """The name in ASCII."""
    ascii_only = "".join(each if each.isascii() else "-" for each in f"{service} {number}")
    return _joined(detected_at, zone, ascii_only)


def numbered(name: str, number: int) -> str:
    """The same name for the second room of that name, and so on."""
    return name if number < 2 else f"{name[: LONGEST - _FOR_A_SUFFIX].rstrip('-_')}-{number}"


def _joined(detected_at: datetime, zone: str, text: str) -> str:
    room = LONGEST - _FOR_A_SUFFIX
    whole = "-".join(part for part in (_day(detected_at, zone), slug(text)) if part)
    if len(whole) <= room:
        return whole
    shorter = whole[:room]
    cut = shorter.rfind("-")
    # At the end of a word, unless the words are long, as they are where nobody writes spaces.
    return (shorter[:cut] if cut > room * 2 // 3 else shorter).rstrip("-_")


def slug(text: str) -> str:
    """Letters and digits in small, everything else as one `-`."""
    normal = unicodedata.normalize("NFKC", text).lower()
    words = "".join(each if each.isalnum() else " " for each in normal).split()
    return "-".join(words)


def _day(detected_at: datetime, zone: str) -> str:
    return f"incident-{detected_at.astimezone(ZoneInfo(zone)):%Y%m%d}"
