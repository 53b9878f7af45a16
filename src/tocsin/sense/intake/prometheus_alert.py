"""What does an alert of the Prometheus family say? The part that Alertmanager's API and its webhook have in common."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts import Signal
from tocsin.sense.intake import text
from tocsin.sense.intake.source import Answer

UNNAMED = "it has no alertname"


def read_alert(value: Any, at: str, remarks: Collection[str]) -> tuple[Signal, dict[str, Any]]:
    """The alert, and its fields for what else a format has. Raises Invalid with the field, which begins with `at`."""
    if not isinstance(value, dict):
        raise Invalid("an alert is a JSON object", field=at, fix='Send {"labels": {"alertname": "…"}}.')
    given: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    flags = set(remarks)
    labels = text.read_labels(given.get("labels"), f"{at}.labels", flags)
    if not labels:
        fix = 'Send {"labels": {"alertname": "…"}}.'
        raise Invalid("an alert needs at least one label", field=f"{at}.labels", fix=fix)
    if "alertname" not in labels:
        flags.add(UNNAMED)
    annotations = text.read_annotations(given.get("annotations"), f"{at}.annotations", flags)
    starts_at = text.moment(given.get("startsAt"), f"{at}.startsAt", flags)
    ends_at = text.moment(given.get("endsAt"), f"{at}.endsAt", flags)
    url = text.link(given.get("generatorURL"), f"{at}.generatorURL", flags)
    signal = Signal(
        labels=labels,
        annotations=annotations,
        starts_at=starts_at,
        ends_at=ends_at,
        value=text.number(annotations.get("value")),
        url=url,
        flags=tuple(sorted(flags)),
    )
    return signal, given


def patient(answer: Answer) -> Answer:
    """The refusal as this family understands it: it sends again after a 5xx, and gives up on 429 (notify/util.go)."""
    return replace(answer, status=503) if answer.status == 429 else answer
