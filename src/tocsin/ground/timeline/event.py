"""What is an event, and how is it told? Rooms declare their kinds, each with the sentence that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from tocsin.ground.i18n import translate


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
    """A kind of event: its name and the sentence that tells it, with `{names}` looked up in the data."""

    name: str
    sentence: str


_kinds: dict[str, Kind] = {}


def declare(name: str, sentence: str) -> Kind:
    """Makes a kind known; at module level in a room's `events.py`, the sentence marked with N_."""
    if name in _kinds and _kinds[name].sentence != sentence:
        raise ValueError(f"the event kind {name} is declared twice")
    kind = Kind(name=name, sentence=sentence)
    _kinds[name] = kind
    return kind


def kinds() -> dict[str, Kind]:
    """All kinds that the imported rooms have declared, by name, sorted."""
    return dict(sorted(_kinds.items()))


def sentence(event: Event, language: str = "en") -> str:
    """The event as one sentence in `language`. A value that is missing is told as a dash."""
    kind = _kinds.get(event.kind)
    if kind is None:
        return event.kind
    values = {"actor": event.actor.partition(":")[2] or event.actor, **event.data}
    return translate(language, kind.sentence, **{key: _plain(value) for key, value in values.items()})


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
