"""How does a source do, in words and in a small drawing? What a person asks first when an alert did not come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tocsin.faces.web.speech import Speech
from tocsin.faces.web.words import Mark
from tocsin.ground.accounts import Key
from tocsin.ground.i18n import N_
from tocsin.sense.intake import Health, Mailbook
from tocsin.sense.intake.deliveries import Result
from tocsin.sense.intake.rhythm import Minute, last_hour, usual_pause

_HABITS_OF = timedelta(days=2)
_QUIET_FACTOR, _QUIET_FROM = 4, timedelta(minutes=10)
_LONGEST_TOLD = 160

OUTCOMES = {
    "taken": Mark(shape="✓", tone="ok", text=N_("taken")),
    "partly": Mark(shape="◐", tone="warn", text=N_("taken in part")),
    "refused": Mark(shape="✕", tone="crit", text=N_("refused")),
    "limited": Mark(shape="◆", tone="warn", text=N_("told to wait")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed here")),
}
_COUNTED: dict[Result, str] = {
    "taken": N_("{n} taken"),
    "partly": N_("{n} taken in part"),
    "refused": N_("{n} refused"),
    "limited": N_("{n} told to wait"),
    "failed": N_("{n} failed here"),
}
_STATES = {
    "unused": Mark(shape="○", tone="plain", text=N_("never heard")),
    "ok": Mark(shape="✓", tone="ok", text=N_("gets through")),
    "refusing": Mark(shape="✕", tone="crit", text=N_("refused")),
    "limited": Mark(shape="◆", tone="warn", text=N_("told to wait")),
    "failing": Mark(shape="✕", tone="crit", text=N_("failed here")),
}
_QUIET = Mark(shape="◔", tone="plain", text=N_("quiet"))
_REVOKED = Mark(shape="–", tone="plain", text=N_("revoked"))
_QUIET_FOR = N_("quiet for {time}, usually every {usual}")
_EVERY = N_("usually every {usual}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One piece of the drawing, in its units: a minute is 2 wide, the most that came in one is 20 high."""

    x: int
    y: float
    height: float
    tone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceView:
    """A key as the list shows it. `counts` are the words under the drawing, `why` what a refused sender was told."""

    key: Key
    mark: Mark
    words: str
    why: str
    counts: str
    bars: tuple[Bar, ...]
    last: datetime | None


def views_of(conn: Connection, mailbook: Mailbook, keys: Sequence[Key], speech: Speech) -> list[SourceView]:
    """All keys, each with how it does now."""
    ids = [key.id for key in keys]
    health = mailbook.health(ids)
    hours = last_hour(conn, ids, speech.now)
    pauses = usual_pause(conn, ids, speech.now - _HABITS_OF)
    return [_view(key, health[key.id], hours[key.id], pauses.get(key.id), speech) for key in keys]


def _view(
    key: Key, health: Health, hour: Sequence[Minute], pause: timedelta | None, speech: Speech
) -> SourceView:
    mark, words = _STATES[health.state], ""
    last = health.last
    if last and pause:
        silent = speech.now - last.at
        usual = speech.span(max(60, round(pause.total_seconds() / 60) * 60))
        quiet = silent > max(_QUIET_FROM, pause * _QUIET_FACTOR)
        if quiet:
            words = speech.text(_QUIET_FOR, time=speech.span(_rounded(silent)), usual=usual)
            mark = _QUIET if health.state == "ok" else mark
        else:
            words = speech.text(_EVERY, usual=usual)
    if key.revoked_at:
        mark, words = _REVOKED, ""
    counts = [speech.text(text, n=n) for name, text in _COUNTED.items() if (n := health.messages.get(name))]
    return SourceView(
        key=key,
        mark=mark,
        words=words,
        why=told_to_sender(last.answer) if last and health.state not in ("ok", "unused") else "",
        counts=", ".join(counts),
        bars=tuple(bars_of(hour)),
        last=last.at if last else None,
    )


def _rounded(silent: timedelta) -> float:
    return silent.total_seconds() // 60 * 60


def bars_of(hour: Sequence[Minute]) -> list[Bar]:
    """The hour as pieces of bars; what was not taken stands on top of what was."""
    most = max((sum(each.messages.values()) for each in hour), default=0) or 1
    bars: list[Bar] = []
    for place, minute in enumerate(hour):
        y = 20.0
        for outcome, mark in OUTCOMES.items():
            if n := minute.messages.get(outcome, 0):
                height = max(20 * n / most, 2)
                y -= height
                bars.append(Bar(x=place * 2, y=round(max(y, 0), 1), height=round(height, 1), tone=mark.tone))
    return bars


def told_to_sender(answer: str) -> str:
    """The sentence in an answer, whichever protocol it is in; the answer itself where none is found."""
    try:
        value: Any = json.loads(answer)
    except ValueError:
        value = answer
    if isinstance(value, dict):
        found: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
        error = found.get("error", found)
        if isinstance(error, dict):
            named: dict[str, Any] = error  # pyright: ignore[reportUnknownVariableType] - decoded JSON
            value = named.get("message") or named.get("errors") or answer
        else:
            value = error
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - decoded JSON
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD - 1]}…"
