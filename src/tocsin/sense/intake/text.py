"""What text do we keep? What people can read: no control characters, no piles of marks, bounded lengths."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.intake import limits
from tocsin.sense.intake.times import parse_time

_CONTROL = dict.fromkeys(each for each in (*range(32), *range(0x7F, 0xA0)) if chr(each) not in "\t\n")
_MARKS = 8
STRIPPED = "unreadable characters were removed"
CUT = "a text was cut"
_ELLIPSIS = "…"


def clean(text: str) -> str:
    """Without control characters (tab and line feed stay) and with at most 8 combining marks in a row."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").translate(_CONTROL)
    return text if text.isascii() else _thinned(text)


def _thinned(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for each in text:
        marks = marks + 1 if unicodedata.combining(each) else 0
        if marks <= _MARKS:
            kept.append(each)
    return "".join(kept)


def scalar(value: Any, field: str) -> str:
    """Text, number or truth as text; nothing for null. Raises Invalid for a list or a map."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    raise Invalid("must be text, not a list or a map", field=field, fix="Send one text or number.")


def read_labels(value: Any, field: str, flags: set[str]) -> dict[str, str]:
    """Cleaned labels, empty ones left out. Raises Invalid naming the label."""
    if not isinstance(value, Mapping):
        raise _no_object(field)
    given: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    if len(given) > limits.LABELS:
        raise Invalid(f"at most {limits.LABELS} labels an alert", field=field, fix="Send fewer labels.")
    kept: dict[str, str] = {}
    for name, each in given.items():
        _check_name(name, field)
        raw = scalar(each, f"{field}.{name}")
        text = clean(raw)
        if text is not raw and text != raw:
            flags.add(STRIPPED)
        if len(text) > limits.LABEL_VALUE_BYTES or len(text.encode()) > limits.LABEL_VALUE_BYTES:
            message = f"a label value has at most {limits.LABEL_VALUE_BYTES} bytes"
            raise Invalid(message, field=f"{field}.{name}", fix="Put long texts into annotations.")
        if text:
            kept[name] = text
    return kept


def read_annotations(value: Any, field: str, flags: set[str]) -> dict[str, str]:
    """Cleaned annotations, long ones cut and marked. Raises Invalid naming the annotation."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _no_object(field)
    given: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    if len(given) > limits.LABELS:
        message = f"at most {limits.LABELS} annotations an alert"
        raise Invalid(message, field=field, fix="Send fewer annotations.")
    kept: dict[str, str] = {}
    for name, each in given.items():
        _check_name(name, field)
        kept[name] = long_text(scalar(each, f"{field}.{name}"), flags)
    return kept


def long_text(raw: str, flags: set[str], most: int = limits.ANNOTATION_BYTES) -> str:
    """Cleaned, and cut at `most` bytes with an ellipsis."""
    text = clean(raw)
    if text is not raw and text != raw:
        flags.add(STRIPPED)
    if len(text) * 4 > most and len(text.encode()) > most:
        text = text.encode()[: most - len(_ELLIPSIS.encode())].decode(errors="ignore") + _ELLIPSIS
        flags.add(CUT)
    return text


def link(value: Any, field: str, flags: set[str]) -> str:
    """A URL as the sender wrote it: text, whatever its scheme. Pages decide whether it becomes a link."""
    return long_text(scalar(value, field), flags, limits.URL)


def number(value: Any) -> float | None:
    """A measured value, if it is one."""
    try:
        parsed = (
            float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        )
    except (ValueError, OverflowError):
        return None
    return parsed if parsed is not None and math.isfinite(parsed) else None


def moment(value: Any, field: str, flags: set[str], *, epochs: bool = False) -> datetime | None:
    """A time of the sender's; nothing for null, the empty text and year 1, with which Go says "not set"."""
    if value is None or value == "":
        return None
    if not (
        isinstance(value, str) or (epochs and isinstance(value, int | float) and not isinstance(value, bool))
    ):
        raise Invalid("must be a time", field=field, fix="Write it like 2026-11-21T10:30:00Z.")
    return parse_time(value, field, flags, epochs=epochs)


def _check_name(name: str, field: str) -> None:
    if not name or len(name.encode()) > limits.LABEL_NAME_BYTES or not name.isprintable():
        message = f"a name has 1 to {limits.LABEL_NAME_BYTES} printable bytes"
        shown = clean(name)[:40]
        raise Invalid(message, field=f"{field}.{shown}", fix="Give it a shorter or a printable name.")


def _no_object(field: str) -> Invalid:
    return Invalid("must be an object of names and texts", field=field, fix='Send {"name": "text"}.')
