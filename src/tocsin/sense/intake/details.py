"""What else did the sender say? Free-form details as annotations, and the key by which it knows its alert again."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.intake import limits, text


def read_object(value: Any, field: str, *, fix: str) -> dict[str, Any]:
    """The JSON object that has to stand there. Raises Invalid, saying `fix`."""
    if not isinstance(value, dict):
        raise Invalid("must be a JSON object", field=field, fix=fix)
    return value  # pyright: ignore[reportUnknownVariableType] - decoded JSON


def read_details(value: Any, field: str, flags: set[str]) -> dict[str, str]:
    """Annotations from an object of anything: lists and maps in it are kept as JSON, nulls and empty texts left out.

    What is no object, though the format says so, is kept whole under the last part of `field`: better than losing it.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        value = {field.rpartition(".")[2]: value}
    given: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    told = {name: as_text(each) for name, each in given.items() if each is not None and each != ""}
    return text.read_annotations(told, field, flags)


def as_text(value: Any) -> str:
    """A scalar as text, anything else as JSON."""
    return (
        msgspec.json.encode(value).decode() if isinstance(value, list | dict) else text.scalar(value, "body")
    )


def read_dedup_key(value: Any, field: str, *, longest: int = limits.DEDUP_KEY) -> str | None:
    """The key of de-duplication, trimmed and composed (NFC); nothing for null. Raises Invalid for an empty one."""
    if value is None:
        return None
    key = unicodedata.normalize("NFC", text.clean(text.scalar(value, field))).strip()
    if not key or len(key) > longest:
        fix = "Send a shorter key, or leave it out where the format allows that."
        raise Invalid(f"has 1 to {longest} characters", field=field, fix=fix)
    return key
