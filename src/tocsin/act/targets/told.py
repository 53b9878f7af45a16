"""What did a provider tell? Parts of parsed JSON, each of the type that is wanted, or empty where it is another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def table(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [cast("Mapping[str, Any]", each) for each in cast("list[Any]", value) if isinstance(each, dict)]
