"""Prometheus, as if Tocsin were its Alertmanager (API v2).

    alerting:
      alertmanagers:
        - scheme: http
          path_prefix: /in/KEY
          static_configs: [{targets: ["tocsin.example.com:9911"]}]

The key may also be a bearer token or the password of basic authentication, without the prefix. What can be taken of
a batch is stored even when some of it cannot, as Alertmanager has it: the answer then is 400 and names each alert that
was refused. An alert that is not sent again is over after its `endsAt`, or after `resolve_timeout`. `amtool alert`
works too: it sees the alerts that came by its key.

The format: https://github.com/prometheus/alertmanager, api/v2/openapi.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

import msgspec

from tocsin import __version__
from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Malformed, TocsinError
from tocsin.sense.alerts import Alert, Outcome, Signal, list_alerts
from tocsin.sense.alerts.matchers import Matcher, matches, parse_matcher
from tocsin.sense.intake import limits
from tocsin.sense.intake.house import House
from tocsin.sense.intake.prometheus_alert import read_alert
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source
from tocsin.sense.intake.strict_json import read_json

_RECEIVER = "tocsin"
_SHOWN = 20_000


class Alertmanager(Source):
    title = "Prometheus (Alertmanager API v2)"
    paths = ("/api/v2/alerts",)
    serves: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "/api/v2/alerts": ("GET",),
        "/api/v2/status": ("GET",),
        "/api/v2/receivers": ("GET",),
    }
    rooted = True
    limit = limits.BATCH_BODY
    examples = (
        Example(
            title="a target is down",
            body=b'[{"labels": {"alertname": "TargetDown", "instance": "10.0.0.7:9100", "severity": "critical"},'
            b' "annotations": {"summary": "dead 10.0.0.7:9100 is down"}, "startsAt": "2026-11-21T09:00:36.418Z",'
            b' "generatorURL": "http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"}]',
            alerts=1,
            path="/api/v2/alerts",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        value, mended = read_json(message.payload)
        if not isinstance(value, list):
            raise Malformed("alerts come as a JSON array", field="body", fix='Send [{"labels": {…}}].')
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
        signals: list[Signal] = []
        problems: list[TocsinError] = []
        for at, each in enumerate(items):
            try:
                signal, _ = read_alert(each, f"[{at}]", mended)
                signals.append(replace(signal, fades=True))
            except TocsinError as error:
                problems.append(error)
        return Reading(signals=signals, problems=tuple(problems))

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        if not reading.problems:
            return Answer(status=200)
        return _said(400, "; ".join(f"{each.field}: {each.message}" for each in reading.problems))

    def refuse(self, error: TocsinError) -> Answer:
        status = 400 if error.status == 422 else error.status
        field = f"{error.field}: " if error.field else ""
        return _said(status, f"{field}{error.message}" + (f"; {error.fix}" if error.fix else ""))

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        if message.path == "/api/v2/status":
            return _json(_status(house.started))
        if message.path == "/api/v2/receivers":
            return _json([{"name": _RECEIVER}])
        with house.store.read() as conn:
            firing = list_alerts(conn, state="firing", key=key.id, limit=_SHOWN)
        return _json([_gettable(each) for each in _wanted(firing, parse_qs(message.query))])


def _said(status: int, sentence: str) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(sentence), headers=JSON)


def _json(value: Any) -> Answer:
    return Answer(status=200, body=msgspec.json.encode(value), headers=JSON)


def _wanted(firing: Sequence[Alert], query: Mapping[str, list[str]]) -> list[Alert]:
    """The alerts that the query asks for. Nothing is silenced or inhibited here: who asks for that alone gets none."""
    if query.get("active", ["true"])[-1] == "false":
        return []
    receiver = query.get("receiver", [_RECEIVER])[-1]
    if not matches(Matcher(name="receiver", operator="=~", value=receiver), {"receiver": _RECEIVER}):
        return []
    wanted = [parse_matcher(each) for each in query.get("filter", [])]
    return [each for each in firing if all(matches(matcher, each.labels) for matcher in wanted)]


def _gettable(alert: Alert) -> dict[str, Any]:
    return {
        "annotations": alert.annotations,
        "endsAt": _rfc3339(alert.expires_at or alert.last_seen),
        "fingerprint": alert.fingerprint,
        "receivers": [{"name": _RECEIVER}],
        "startsAt": _rfc3339(alert.starts_at),
        "status": {"inhibitedBy": [], "silencedBy": [], "mutedBy": [], "state": "active"},
        "updatedAt": _rfc3339(alert.last_seen),
        "generatorURL": alert.url,
        "labels": alert.labels,
    }


def _status(started: datetime) -> dict[str, Any]:
    return {
        "cluster": {"peers": [], "status": "disabled"},
        "config": {"original": "# Tocsin has its own configuration\n"},
        "uptime": _rfc3339(started),
        "versionInfo": {
            "branch": "",
            "buildDate": "",
            "buildUser": "",
            "goVersion": "",
            "revision": "",
            "version": f"tocsin-{__version__}",
        },
    }


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
