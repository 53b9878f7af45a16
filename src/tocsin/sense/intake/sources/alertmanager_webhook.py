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

from collections.abc import Sequence

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.alerts import Outcome
from tocsin.sense.intake import limits
from tocsin.sense.intake.alert_group import read_group
from tocsin.sense.intake.prometheus_alert import patient
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source

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
        return Reading(signals=[each.signal for each in read_group(message.payload, VERSION)])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return Answer(status=200)

    def refuse(self, error: TocsinError) -> Answer:
        return patient(super().refuse(error))
