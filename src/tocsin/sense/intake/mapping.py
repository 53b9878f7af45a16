"""How does somebody else's JSON become alerts? A mapping: one expression in CEL for each part of an alert.

Expressions speak of `body` (the JSON), `headers` (names in lower case), `query`, and `item`: one of `items`, or the
body where there are none. What tells which alert it is and how it stands (`name`, `labels`, `dedup_key`, `resolved`,
`status`, `when`) must have a value, else the message is refused with the name of the expression; what only adorns it is
left out where it has none, and the alert says so.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl

from pydantic import Field, ValidationError, model_validator

from tocsin.ground.kernel.conditions import (
    MESSAGE,
    BadCondition,
    Expression,
    Given,
    Result,
    compile_expression,
)
from tocsin.ground.kernel.errors import Invalid, TocsinError
from tocsin.sense.alerts import Signal
from tocsin.sense.intake.plain_alert import read_item
from tocsin.sense.intake.source import SourceSettings
from tocsin.sense.intake.strict_json import read_json

ITEMS = 1_000
"""Items of one message: each costs the loop some tens of microseconds."""
_GIVES = {
    "items": ("LIST",), "when": ("BOOL",), "resolved": ("BOOL",), "labels": ("MAP",), "annotations": ("MAP",),
    "value": ("INT", "UINT", "DOUBLE", "STRING", "NULL"), "starts_at": ("STRING", "INT", "DOUBLE", "TIMESTAMP", "NULL"),
}  # fmt: skip
_TEXT = ("STRING", "INT", "UINT", "DOUBLE", "BOOL", "NULL")
_WORDS = {"LIST": "a list", "MAP": "a map", "BOOL": "true or false"}
_NEEDED = ("name", "status", "resolved", "labels", "dedup_key")
_DYNAMIC = ("DYN", "ANY")


class MappingSettings(SourceSettings):
    """Expressions by the part of an alert that they give; without any, the message is in our own words."""

    items: str = Field("", description="The list of alerts in the body, such as `body.alerts`.")
    when: str = Field("", description="Whether this item is an alert; where it is false, it is skipped.")
    name: str = Field("", description="The name of the alert, such as `item.title`. A mapping needs it.")
    status: str = Field("", description='"firing" or "resolved".')
    resolved: str = Field("", description='Whether it is over, such as `item.state == "ok"`.')
    severity: str = Field("", description="The label severity.")
    service: str = Field("", description="The label service.")
    labels: str = Field("", description='A map of labels, such as `{"host": item.host}`.')
    annotations: str = Field("", description='A map of texts, such as `{"summary": item.message}`.')
    dedup_key: str = Field("", description="Which alert it is; without it, its labels say so.")
    starts_at: str = Field("", description="When it began: RFC 3339, seconds since 1970, or a timestamp.")
    value: str = Field("", description="The number that was measured.")
    url: str = Field("", description="Where to look further.")

    @property
    def maps(self) -> bool:
        """Whether there is a mapping at all."""
        return any(getattr(self, part) for part in PARTS)

    @model_validator(mode="after")
    def _compiles(self) -> MappingSettings:
        problem = next(iter(mistakes({part: getattr(self, part) for part in PARTS})), None)
        if problem:
            raise ValueError(f"{problem.field}: {problem.message}; {problem.fix}")
        return self


PARTS = tuple(name for name in MappingSettings.model_fields if name not in SourceSettings.model_fields)
"""The parts of a mapping, in the order of the form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What a mapping makes of a message: its alerts, how many items it skips, and what is wrong, by field."""

    signals: tuple[Signal, ...] = ()
    skipped: int = 0
    problems: tuple[TocsinError, ...] = ()


def mistakes(settings: Mapping[str, str]) -> list[Invalid]:
    """What is wrong with the expressions as they are written, one error a part, which is its field."""
    found: list[Invalid] = []
    written = {part: settings.get(part, "").strip() for part in PARTS}
    for part, text in written.items():
        try:
            expression = compile_expression(text, MESSAGE) if text else None
        except BadCondition as error:
            found.append(Invalid(error.message, field=part, fix=error.fix or "Look at https://cel.dev."))
            continue
        if expression:
            found += _misfits(part, expression, bool(written["items"]))
    if any(written.values()) and not written["name"]:
        found.append(
            Invalid("a mapping needs a name", field="name", fix="Write an expression: `item.title`.")
        )
    if written["status"] and written["resolved"]:
        message = "only one of status and resolved says how it stands"
        found.append(Invalid(message, field="resolved", fix="Leave one of them out."))
    return found


def _misfits(part: str, expression: Expression, has_items: bool) -> list[Invalid]:
    wanted, kind = _GIVES.get(part, _TEXT), expression.kind
    if kind not in (*wanted, *_DYNAMIC):
        needs = _WORDS.get(wanted[0], "a text or a number")
        message = f"this gives {_WORDS.get(kind, kind.lower())}, but {part} is {needs}"
        return [Invalid(message, field=part, fix=f"Write an expression that gives {needs}.")]
    if part == "items" and "item" in expression.names:
        return [Invalid("there is no item yet where items are found", field=part, fix="Write `body.…`.")]
    if has_items and {"item", "body"} <= set(expression.names):
        # The body would be handed over anew for each item: a message of many items would stop the intake.
        fix = 'Put it into the items: `body.alerts.map(a, {"alert": a, "from": body.host})`.'
        return [
            Invalid("with items, an expression speaks of item or of body, not of both", field=part, fix=fix)
        ]
    return []


class _Plan:
    """A mapping, compiled. What does not speak of an item is worked out once a message."""

    def __init__(self, texts: Sequence[str]) -> None:
        written = zip(PARTS, texts, strict=True)
        self._parts = {part: compile_expression(text, MESSAGE) for part, text in written if text.strip()}
        self._items = self._parts.pop("items", None)

    def read(self, value: Any, mended: Sequence[str], around: Mapping[str, Any]) -> Tried:
        """Every alert of the message. Raises Invalid with the part that failed, and the item."""
        known = Given(MESSAGE, {"body": value, "item": value, **around})
        items = [value] if self._items is None else self._found(self._items, known)
        common = {
            part: each.evaluate(known)
            for part, each in self._parts.items()
            if self._items is not None and "item" not in each.names
        }
        signals: list[Signal] = []
        for at, item in enumerate(items):
            where = "" if self._items is None else f"items[{at}]"
            told, flags = self._alert(
                known if self._items is None else known.but("item", item), common, where
            )
            if told is not None:
                signals.append(read_item(told, where, {*mended, *flags}))
        return Tried(signals=tuple(signals), skipped=len(items) - len(signals))

    def _found(self, expression: Expression, known: Given) -> list[Any]:
        result = expression.evaluate(known)
        if result.why or not isinstance(result.value, list):
            raise _failed("items", expression, result.why or "it is no list", "")
        found = cast("list[Any]", result.value)
        if len(found) > ITEMS:
            raise Invalid(f"at most {ITEMS} items a message", field="items", fix="Send several messages.")
        return found

    def _alert(
        self, known: Given, common: Mapping[str, Result], where: str
    ) -> tuple[dict[str, Any] | None, list[str]]:
        """The alert in our own words, nothing where it is skipped, and what had to be left out."""
        results = {
            part: common[part] if part in common else each.evaluate(known)
            for part, each in self._parts.items()
        }
        if "when" in results:
            wanted = results["when"]
            if wanted.why or not isinstance(wanted.value, bool):
                raise _failed(
                    "when", self._parts["when"], wanted.why or "it is neither true nor false", where
                )
            if not wanted.value:
                return None, []
        flags: list[str] = []
        told: dict[str, Any] = {}
        for part, result in results.items():
            if result.why and part in _NEEDED:
                raise _failed(part, self._parts[part], result.why, where)
            if result.why:
                flags.append(f"the mapping gives no {part}: {result.why}")
            elif part != "when" and result.value is not None:
                told[part] = result.value.isoformat() if isinstance(result.value, datetime) else result.value
        if "resolved" in told:
            told["status"] = self._status(told.pop("resolved"), where)
        return told, flags

    def _status(self, resolved: object, where: str) -> str:
        if not isinstance(resolved, bool):
            raise _failed("resolved", self._parts["resolved"], "it is neither true nor false", where)
        return "resolved" if resolved else "firing"


def _failed(part: str, expression: Expression, why: str, where: str) -> Invalid:
    text = expression.text if len(expression.text) <= 200 else f"{expression.text[:199]}…"
    message = f"`{text}` has no value{f' for {where}' if where else ''}: {why}"
    fix = f"Change {part} in the mapping of the key; has(item.x) asks whether x is there."
    return Invalid(message, field=part, fix=fix)


@functools.lru_cache(maxsize=256)
def _plan(*texts: str) -> _Plan:
    return _Plan(texts)


def map_message(
    settings: MappingSettings, payload: bytes, headers: Mapping[str, str], query: str = ""
) -> Tried:
    """The alerts of a message by the mapping. Raises Malformed or Invalid, naming the expression that failed."""
    value, mended = read_json(payload)
    plan = _plan(*(getattr(settings, part) for part in PARTS))
    return plan.read(value, mended, {"headers": headers, "query": dict(parse_qsl(query))})


def try_mapping(
    settings: Mapping[str, str], payload: bytes, headers: Mapping[str, str] | None = None, query: str = ""
) -> Tried:
    """What a mapping that is not saved yet would make of a message. Never raises: problems say what is wrong."""
    known = {part: settings.get(part, "") for part in PARTS}
    wrong = mistakes(known)
    if wrong:
        return Tried(problems=tuple(wrong))
    try:
        checked = MappingSettings.model_validate(known)
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        return map_message(checked, payload, lower, query)
    except ValidationError as error:
        return Tried(problems=(Invalid(error.errors()[0]["msg"], fix="Look at the expressions."),))
    except TocsinError as error:
        return Tried(problems=(error,))
