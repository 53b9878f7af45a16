"""What may a key be told, and is it told right? Settings of a kind of source as a person writes them: name and text.

A list is written with commas or as JSON, a map as `a=b, c=d` or as JSON, a secret as a reference (`env:NAME`,
`file:PATH` from the folder of the configuration), which is all that is ever stored of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.duration import format_duration
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.intake.source import Source

_PREFIX = "Value error, "


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One thing that a key of a kind may be told. `form` is what is written, `default` what holds without it."""

    name: str
    form: str
    about: str
    required: bool
    default: str


def settings_of(source: Source) -> Iterator[Setting]:
    """What a key for this source may be told."""
    for name, info in source.Settings.model_fields.items():
        kept = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
        yield Setting(
            name=name,
            form=_form(info),
            about=info.description or "",
            required=info.is_required(),
            default="" if kept in (None, "", (), {}) else _shown(kept),
        )


def checked(source: Source, written: Mapping[str, Any], folder: Path | None = None) -> dict[str, Any]:
    """The settings as they are stored with the key. Raises Invalid, which names the setting and the cure."""
    fields = source.Settings.model_fields
    for name in written:
        if name not in fields:
            fix = did_you_mean(name, fields, "settings")
            raise Invalid(f"a key of {source.title} has no setting {name}", field=name, fix=fix)
    try:
        told = source.Settings.model_validate(typed(source, written), context={"folder": folder})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message, _, cure = first["msg"].removeprefix(_PREFIX).partition("; ")
        form = f"It is {_form(fields[field])}." if field in fields else "See `tocsin key kinds`."
        raise Invalid(f"{field}: {message}" if field else message, field=field, fix=cure or form) from None
    return told.model_dump(mode="json", exclude_unset=True)


def typed(source: Source, written: Mapping[str, Any]) -> dict[str, Any]:
    """What was written, each text as the type of its setting asks for it: lists and maps are no text any more."""
    fields = source.Settings.model_fields
    return {name: _read(each, fields[name]) if name in fields else each for name, each in written.items()}


def _read(value: Any, info: FieldInfo) -> Any:
    """A text as the type of its field asks for it; what is no text is taken as it is."""
    kinds = [get_origin(each) or each for each in _members(info.annotation)]
    if not isinstance(value, str) or str in kinds:
        return value
    is_list = any(each in (tuple, list, set, frozenset) for each in kinds)
    is_map = any(isinstance(each, type) and issubclass(each, Mapping) for each in kinds)
    if not is_list and not is_map:
        return value
    if value.lstrip().startswith(("[", "{")):
        try:
            return cast("object", msgspec.json.decode(value))
        except msgspec.DecodeError:
            return value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if is_list:
        return parts
    pairs = [part.partition("=") for part in parts]
    return {name.strip(): text.strip() for name, _, text in pairs}


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types that a field may have."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(each for each in get_args(annotation) if each is not type(None))
    return (annotation,)


def _form(info: FieldInfo) -> str:
    kinds = _members(info.annotation)
    first = kinds[0]
    if get_origin(first) is Literal:
        return " or ".join(str(each) for each in get_args(first))
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        timedelta: "a time such as 30m or 1d",
        Secret: "env:NAME or file:PATH",
        tuple: "a list, with commas",
        list: "a list, with commas",
        Mapping: "name=value, with commas",
        dict: "name=value, with commas",
    }
    kind: Any = get_origin(first) or first
    if kind is Annotated:
        kind = get_args(first)[0]
    return names.get(kind, "a text")


def _shown(value: Any) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
