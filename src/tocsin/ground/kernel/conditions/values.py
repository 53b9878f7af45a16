"""How do values get into the runtime and onto the timeline?

The runtime crashes on deeply nested data and refuses integers of more than 64 bits and text that is none:
what it is given is made plain and bounded here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from tocsin.ground.kernel.conditions.environment import Variable

_DEEPEST = 32
_SHOWN = 200


def find(values: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    """Whether `m.users` is among nested maps, and its value."""
    value: Any = values
    for part in name.split("."):
        around = _map(value)
        if part not in around:
            return False, None
        value = around[part]
    return True, value


def convert(value: Any, variable: Variable) -> Any:
    """The value in the type that the variable declares; None if it has none."""
    if value is None:
        return None
    match variable.kind:
        case "text":
            return _text(value)
        case "number":
            return _number(value)
        case "integer":
            number = _number(value)
            return None if number is None or abs(number) >= 2**63 else int(number)
        case "truth":
            return value if isinstance(value, bool) else None
        case "time":
            return value if isinstance(value, datetime) and value.tzinfo else None
        case "texts":
            return {_text(key): _text(each) for key, each in _map(value).items()}
        case _:
            return _plain(value)


def _map(value: Any) -> Mapping[Any, Any]:
    """As JSON has it, if it is a map."""
    return cast("Mapping[Any, Any]", value) if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _plain(value: Any, depth: int = 0) -> Any:
    """Only what the runtime takes: bounded depth, 64-bit integers, text that is text."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else _number(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_text(key): _plain(each, depth + 1) for key, each in _map(value).items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(each, depth + 1) for each in cast("list[Any]", value)]
    if isinstance(value, str):
        return _text(value)
    return None if isinstance(value, Mapping | list | tuple) else _text(value)


def shown(value: Any) -> Any:
    """The value as a timeline keeps it: short, and a whole number without `.0`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def kind_of(value: Any) -> str:
    """What a value is, said to a person."""
    if value is None:
        return "null"
    return (
        "a number"
        if isinstance(value, int | float)
        else "text"
        if isinstance(value, str)
        else "a list or map"
    )
