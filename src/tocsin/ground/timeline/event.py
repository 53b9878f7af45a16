"""What is an event, and how is it told? Rooms declare their kinds, each with the sentence that tells it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from tocsin.ground.i18n import exact, placeholders, span, translate
from tocsin.ground.timeline.reason import told


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of an incident's story. `seq` grows with time; `actor` is `person:mei`, `run:run_…`, `tocsin`."""

    seq: int
    incident: str
    at: datetime
    kind: str
    actor: str
    data: dict[str, Any]
    position: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of event: its name and the sentence that tells it, with `{names}` looked up in the data.

    `shorter` tells it where a value of `sentence` is missing; without one, the value is told as a dash. `ours` are
    further values that Tocsin itself says, in words that are in the catalogs.
    """

    name: str
    sentence: str
    shorter: str = ""
    ours: frozenset[str] = frozenset()


_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_kinds: dict[str, Kind] = {}
# What Tocsin itself says of an event; everything else is somebody's own words.
_OURS = frozenset({"why", "outcome", "mode", "rule", "answer", "stale"})


def declare(name: str, sentence: str, shorter: str = "", ours: Collection[str] = ()) -> Kind:
    """Makes a kind known; at module level in a room's `events.py`, its sentences marked with N_."""
    if name in _kinds and _kinds[name].sentence != sentence:
        raise ValueError(f"the event kind {name} is declared twice")
    kind = Kind(name=name, sentence=sentence, shorter=shorter, ours=frozenset(ours))
    _kinds[name] = kind
    return kind


def kinds() -> dict[str, Kind]:
    """All kinds that the imported rooms have declared, by name, sorted."""
    return dict(sorted(_kinds.items()))


def sentence(event: Event, language: str = "en", zone: str = "UTC") -> str:
    """The event as one sentence in `language`, moments in `zone`. A value that is missing is told as a dash, or
    left away where the sentence ends with it."""
    kind = _kinds.get(event.kind)
    if kind is None:
        return event.kind
    values = {"actor": event.actor.partition(":")[2] or event.actor, **event.data}
    ours = _OURS | kind.ours
    said = {key: _said(key, value, language, zone, ours) for key, value in values.items()}
    text = kind.sentence
    if kind.shorter and any(said.get(name, "–") == "–" for name in placeholders(text)):
        text = kind.shorter
    return translate(language, text, **said).rstrip(" –:,：，").rstrip()


def _said(key: str, value: Any, language: str, zone: str, ours: Collection[str]) -> str:
    """A value as text: a moment in ISO 8601, a length of time and a reason of ours as people say them."""
    if isinstance(value, str) and _ISO.fullmatch(value):
        return exact(language, datetime.fromisoformat(value), zone)
    if key == "seconds" and isinstance(value, (int, float)):
        return span(language, value)
    return told(value, language) if isinstance(value, str) and key in ours else _plain(value)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return ", ".join(f"{key} {_plain(each)}" for key, each in pairs) or "–"
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in cast("list[Any]", value)) or "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
