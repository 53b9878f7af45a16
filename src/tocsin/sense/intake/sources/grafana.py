"""Grafana Alerting (webhook contact point).

Make a contact point of the type Webhook with the URL `https://tocsin.example.com/in/KEY`, HTTP method POST or PUT; or
with the URL `https://tocsin.example.com/in/` and the key as basic-auth password or bearer token. As a file:

    apiVersion: 1
    contactPoints:
      - name: tocsin
        receivers:
          - uid: tocsin
            type: webhook
            settings:
              url: https://tocsin.example.com/in/KEY
              httpMethod: POST
              hmacConfig:
                secret: "…"
                header: X-Grafana-Alerting-Signature
                timestampHeader: X-Grafana-Alerting-Timestamp

With the key's setting `secret` (a reference such as `env:GRAFANA_SECRET`) a message has to be signed with it, as
Grafana 12 does under `hmacConfig`; `signature_header` and `timestamp_header` name the headers as Grafana is told them.
With a timestamp header, what was signed more than five minutes ago is refused. Each alert of a group is an alert here,
known by its labels; its `values`, `silenceURL`, `dashboardURL`, `panelURL` and `imageURL` are kept as annotations, and
a single value also as the alert's value. The test button's alert (`TestAlert`) counts as information and is over by
itself. A message is taken whole or not at all; 503 when we are overloaded.

The format: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.alert_group import Grouped, read_group
from tocsin.sense.intake.details import read_details
from tocsin.sense.intake.prometheus_alert import patient
from tocsin.sense.intake.signature import prove
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings

VERSION = "1"
_LINKS = ("silenceURL", "dashboardURL", "panelURL", "imageURL")
_TEST = {"alertname": "TestAlert", "instance": "Grafana"}


class GrafanaSettings(SourceSettings):
    secret: Secret | None = Field(default=None, description="What Grafana signs its messages with.")
    signature_header: str = Field(
        default="X-Grafana-Alerting-Signature", description="The header that holds the signature."
    )
    timestamp_header: str = Field(
        default="", description="The header that holds the time of signing, where Grafana sends one."
    )


class Grafana(Source):
    title = "Grafana Alerting"
    paths = ("", "/", "/webhook")
    methods = ("POST", "PUT")
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = GrafanaSettings
    examples = (
        Example(
            title="memory is short",
            body=b'{"receiver": "tocsin", "status": "firing", "orgId": 1, "version": "1", "groupKey": "{}:{}",'
            b' "alerts": [{"status": "firing", "labels": {"alertname": "MemoryShort", "zone": "eu-1"},'
            b' "annotations": {"summary": "zone eu-1 has little memory left"}, "values": {"B": 44.5, "C": 1},'
            b' "startsAt": "2026-11-21T09:00:03.157076+00:00", "endsAt": "0001-01-01T00:00:00Z",'
            b' "generatorURL": "https://grafana.example.com/alerting/r1/edit", "fingerprint": "11aa22bb33cc44dd",'
            b' "silenceURL": "https://grafana.example.com/alerting/silence/new", "dashboardURL": "", "panelURL": ""}]}',
            alerts=1,
            path="/",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, GrafanaSettings)
        if settings.secret:
            prove(
                message,
                settings.secret,
                signature=settings.signature_header,
                timestamp=settings.timestamp_header,
            )
        return Reading(signals=[_signal(each) for each in read_group(message.payload, VERSION)])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return Answer(status=200)

    def refuse(self, error: TocsinError) -> Answer:
        return patient(super().refuse(error))


def _signal(grouped: Grouped) -> Signal:
    signal, given = grouped.signal, grouped.given
    flags = set(signal.flags)
    annotations = {**signal.annotations, **_extras(given, grouped.at, flags)}
    signal = replace(
        signal,
        annotations=annotations,
        value=signal.value if signal.value is not None else _only(given.get("values")),
        flags=tuple(sorted(flags)),
    )
    if all(signal.labels.get(name) == each for name, each in _TEST.items()):
        labels = {"severity": "info", **signal.labels}
        return replace(
            signal, labels=labels, fades=True, flags=(*signal.flags, "a test of the contact point")
        )
    return signal


def _extras(given: Mapping[str, Any], at: str, flags: set[str]) -> dict[str, str]:
    told = {name: text.link(given[name], f"{at}.{name}", flags) for name in _LINKS if given.get(name)}
    return told | read_details({"values": given.get("values")}, at, flags)


def _only(values: Any) -> float | None:
    """The measured value, where there is but one: of several nobody says which is meant."""
    if not isinstance(values, dict) or len(values) != 1:  # pyright: ignore[reportUnknownArgumentType] - decoded JSON
        return None
    (only,) = values.values()  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    return text.number(only)
