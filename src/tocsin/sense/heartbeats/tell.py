"""What does the alert of a heartbeat say? One alert a heartbeat, whichever trouble it is in."""

from __future__ import annotations

from datetime import datetime

from tocsin.ground.i18n import N_, span, translate
from tocsin.sense.alerts import Signal
from tocsin.sense.heartbeats.heartbeat import Heartbeat

MISSING = N_("{name} has not reported for {span}")
FAILED = N_("{name} failed with exit status {status}")
REPORTED = N_("{name} reported a failure")
OVERRUN = N_("{name} began {span} ago and has not ended")


def signal_of(beat: Heartbeat, now: datetime, language: str) -> Signal:
    """The alert that stands for the trouble of this heartbeat, or its end."""
    if not beat.trouble:
        return Signal(labels=_labels(beat), resolved=True, dedup_key=beat.id)
    said = {
        "summary": _summary(beat, now, language),
        "output": beat.output if beat.trouble == "failed" else "",
        "exit_status": "" if beat.exit_status is None else str(beat.exit_status),
        "duration_s": "" if beat.last_duration is None else f"{beat.last_duration.total_seconds():.1f}",
        "schedule": str(beat.schedule),
        "due_at": _moment(beat.due_at) if beat.trouble == "missing" else "",
        "last_ping": _moment(beat.last_ping),
    }
    return Signal(
        labels=_labels(beat),
        annotations={name: text for name, text in said.items() if text},
        dedup_key=beat.id,
    )


def _summary(beat: Heartbeat, now: datetime, language: str) -> str:
    if beat.trouble == "failed":
        text = REPORTED if beat.exit_status is None else FAILED
        return translate(language, text, name=beat.name, status=beat.exit_status)
    text = OVERRUN if beat.trouble == "overrun" else MISSING
    # A heartbeat that is missing has been heard once, one that overran has begun: both have a time to count from.
    heard = min(beat.running.values(), default=None) if beat.trouble == "overrun" else beat.last_ping
    return translate(
        language, text, name=beat.name, span=span(language, (now - (heard or now)).total_seconds())
    )


def _labels(beat: Heartbeat) -> dict[str, str]:
    own = {
        "alertname": f"Heartbeat {beat.name}",
        "heartbeat": beat.slug,
        "service": beat.service,
        "severity": beat.severity,
        "trouble": beat.trouble,
    }
    return {**beat.labels, **{name: text for name, text in own.items() if text}}


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
