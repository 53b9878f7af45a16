"""Why was I paged, why not? What became of an alert, step by step, as triage decided it.

Triage writes the steps of one judgement as one row in the transaction of the judgement; of each alert the last 50
judgements are kept. A step keeps what it is about, not a sentence: it is told in the reader's language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, delete, func, select

from tocsin.ground.i18n import N_, exact, span, translate
from tocsin.ground.timeline import told
from tocsin.sense.alerts.bulk import BulkInsert
from tocsin.sense.alerts.folding_store import alert_trace

KEPT = 50
"""Judgements of one alert."""
_SENTENCES = {
    "received.fired": N_("It fires, says {source}"),
    "received.again": N_("What held it back is over, and it still fires: it is judged anew"),
    "received.resolved": N_("It is over"),
    "received.acknowledged": N_("Its sender says that somebody has it"),
    "silence.held": N_("Silenced by {author} until {until}: {comment}"),
    "maintenance.held": N_("Within the maintenance window “{title}” until {until}"),
    "inhibition.held": N_("Held back by {name}, which fires as well"),
    "held.nothing": N_("No silence, no maintenance window and no other alert holds it back"),
    "held.over": N_("It was held back until its end, and nobody was paged"),
    "flapping.held": N_("It comes and goes, {changes} times in {within}: told once, held until it is calm"),
    "flapping.still": N_("It still comes and goes: nothing is told again"),
    "flapping.calm": N_("It has been calm for {calm}: what it says counts again"),
    "group.service": N_("Grouped by its service: {service}"),
    "group.alert": N_("It belongs to no service, so it is grouped by its name: {name}"),
    "group.labels": N_("Grouped by {labels}"),
    "storm.folded": N_("One of many: {alerts} new alerts in a minute from {scope} become one incident"),
    "severity.decided": N_("Severity {level}: {rule} matched with {values}"),
    "severity.fallback": N_("Severity {level}: no rule of the policy {policy} matched"),
    "incident.none": N_("Level {level} opens no incident"),
    "incident.opened": N_("Opened {incident}"),
    "incident.joined": N_("Belongs to {incident}"),
    "incident.reopened": N_("Opened {incident} again, which was being watched"),
    "incident.raised": N_("Raised {incident} from {old} to {new}"),
    "incident.goes_on": N_("{incident} goes on: it has other alerts that fire"),
    "incident.watched": N_("It was the last alert of {incident}, which is being watched now"),
    "incident.acknowledged": N_("{incident} is acknowledged"),
    "incident.unknown": N_("No open incident has it"),
    "incident.failed": N_("It could not be judged ({problem}), so it pages as the worst"),
    "page.paged": N_("Paged {people}"),
    "page.waiting": N_("Pages leave at {until}, together with what joins until then"),
    "page.level": N_("Nobody is paged: level {level} pages nobody"),
    "page.acknowledged": N_("Nobody is paged: {person} has the incident"),
    "page.climbing": N_("Nobody is paged anew: the incident is being paged already"),
    "page.nobody": N_("Nobody could be paged: no channel reaches anybody"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that was decided. `text` tells it in English, `tell` in any language."""

    at: datetime
    episode: int
    stage: str
    verdict: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        return tell(self)


class Judgement:
    """What is decided about one alert, while it is decided."""

    def __init__(self, alert: str, episode: int, at: datetime) -> None:
        self.alert = alert
        self.episode = episode
        self.at = at
        self.steps: list[tuple[str, str, dict[str, Any]]] = []

    def add(self, stage: str, verdict: str, /, **data: object) -> None:
        """Times and lengths of time are kept as ISO 8601 and seconds."""
        self.steps.append((stage, verdict, {key: _kept(value) for key, value in data.items()}))


def write(conn: Connection, judgements: Iterable[Judgement]) -> None:
    """Keeps the judgements, and of each alert no more than the last 50."""
    rows = [
        {"alert": each.alert, "episode": each.episode, "at": each.at, "steps": each.steps}
        for each in judgements
        if each.steps
    ]
    _insert(conn, rows)
    # An alert is judged twice an episode and when it is released: only old ones can have too many.
    many = sorted({str(row["alert"]) for row in rows if int(str(row["episode"])) >= KEPT // 4})
    if many:
        _trim(conn, many)


def steps(conn: Connection, alert_id: str) -> list[Step]:
    """What was decided about the alert: the newest judgement first, the steps of each in their order."""
    table = alert_trace
    rows = conn.execute(
        select(table).where(table.c.alert == alert_id).order_by(table.c.seq.desc()).limit(KEPT)
    )
    return [
        Step(at=row.at, episode=row.episode, stage=stage, verdict=verdict, data=data)
        for row in rows
        for stage, verdict, data in row.steps
    ]


def forget(conn: Connection, alert_ids: Collection[str]) -> None:
    """Drops the traces of alerts that are dropped."""
    if alert_ids:
        conn.execute(delete(alert_trace).where(alert_trace.c.alert.in_(alert_ids)))


def tell(step: Step, language: str = "en", zone: str = "UTC") -> str:
    """The step as a sentence."""
    sentence = _SENTENCES.get(f"{step.stage}.{step.verdict}")
    if sentence is None:
        return f"{step.stage}: {step.verdict}"
    values = {key: _said(key, value, language, zone) for key, value in step.data.items()}
    return translate(language, sentence, **values).rstrip(" :：–")


def _said(key: str, value: Any, language: str, zone: str) -> str:
    if key == "until" and isinstance(value, str):
        return exact(language, datetime.fromisoformat(value), zone)
    if key in ("within", "calm") and isinstance(value, int | float):
        return span(language, value)
    if key == "rule" and isinstance(value, str):
        return told(value, language)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return ", ".join(f"{name} {each}" for name, each in pairs) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in cast("Iterable[Any]", value))
    return str(value)


def _kept(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def _trim(conn: Connection, alert_ids: list[str]) -> None:
    table = alert_trace
    place = func.row_number().over(partition_by=table.c.alert, order_by=table.c.seq.desc()).label("place")
    ranked = select(table.c.seq, place).where(table.c.alert.in_(alert_ids)).subquery()
    conn.execute(delete(table).where(table.c.seq.in_(select(ranked.c.seq).where(ranked.c.place > KEPT))))


_insert = BulkInsert(alert_trace, ["alert", "episode", "at", "steps"], lambda statement: statement)
