"""An Alertmanager that stands before Tocsin (webhook, version 4).

    receivers:
      - name: tocsin
        webhook_configs: [{url: "https://tocsin.example.com/in/KEY"}]

Its grouping, silences and inhibition stay with it; each alert of a group becomes an alert here, known by its labels, so
that what Prometheus tells us directly as well is not told twice. Two Alertmanagers of one cluster may both send. A
message is taken whole or not at all; 503, never 429, when we are overloaded, since the webhook gives up on 429.

The format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, TocsinError
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.prometheus_alert import patient, read_alert
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source
from tocsin.sense.intake.strict_json import read_json

VERSION = "4"


class AlertmanagerWebhook(Source):
    title = "Alertmanager (webhook)"
    paths = ("", "/", "/webhook")
    limit = limits.BATCH_BODY
    examples = (
        Example(
            title="one alert of a group fires, another is over",
            body=b'{"version": "4", "status": "firing", "groupKey": "{}:{alertname=\\"HighErrorRate\\"}",'
            b' "truncatedAlerts": 0, "alerts": [{"status": "firing", "labels": {"alertname": "HighErrorRate",'
            b' "instance": "b"}, "annotations": {"summary": "5xx > 5%"}, "startsAt": "2026-11-21T09:06:56.218170121Z",'
            b' "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "400652bd78e37542"},'
            b' {"status": "resolved", "labels": {"alertname": "HighErrorRate", "instance": "a"},'
            b' "annotations": {}, "startsAt": "2026-11-21T09:00:00Z", "endsAt": "2026-11-21T09:06:00Z"}]}',
            alerts=2,
            path="/",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        value, mended = read_json(message.payload)
        if not isinstance(value, dict) or not isinstance(value.get("alerts"), list):  # pyright: ignore[reportUnknownMemberType] - decoded JSON
            raise Invalid("a group has a list of alerts", field="alerts", fix='Send {"alerts": […]}.')
        group: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
        flags = {*mended, *_remarks(group)}
        return Reading(
            signals=[_signal(each, f"alerts[{at}]", flags) for at, each in enumerate(group["alerts"])]
        )

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return Answer(status=200)

    def refuse(self, error: TocsinError) -> Answer:
        return patient(super().refuse(error))


def _remarks(group: Mapping[str, Any]) -> list[str]:
    """What is said of the whole message: alerts that the sender left out, a version we have not met."""
    remarks: list[str] = []
    cut = text.number(group.get("truncatedAlerts"))
    if cut and cut > 0:
        remarks.append(f"{int(cut)} alerts cut by sender")
    version = text.clean(text.scalar(group.get("version"), "version"))[:20]
    if version != VERSION:
        remarks.append(f"written in version {version or 'none'} of the format, read as {VERSION}")
    return remarks


def _signal(value: Any, at: str, remarks: Collection[str]) -> Signal:
    signal, given = read_alert(value, at, remarks)
    status = given.get("status")
    if status not in ("firing", "resolved"):
        raise Invalid("must be firing or resolved", field=f"{at}.status", fix='Send "firing" or "resolved".')
    resolved = status == "resolved"
    return replace(signal, resolved=resolved, ends_at=signal.ends_at if resolved else None)
