"""Asks a Prometheus (or what speaks like it) for the value of a query at this moment.

    - {name: up, kind: prometheus, url: "http://prometheus:9090", query: "sum(up)", expect: "value > 2.0"}

The query has to give one number: wrap what gives several series in `sum(…)` or `max(…)`. Where it gives nothing the
check fails, unless `empty` says which number that is. `expect` is a condition over `value` and `ms`.
See https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries.
"""

from __future__ import annotations

import json
import math
from typing import Any, cast
from urllib.parse import quote

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged
from tocsin.ground.catalogue import WebAddress
from tocsin.ground.kernel.outbound import OutboundFailed
from tocsin.ground.kernel.secret import SecretOrText, reveal

_LARGEST = 1 << 20


class PrometheusSettings(CheckSettings):
    url: WebAddress = Field(description="Where Prometheus answers, without /api.")
    query: str = Field(min_length=1, max_length=8_192, description="In PromQL, giving one number.")
    headers: dict[str, SecretOrText] = Field(default_factory=dict, description="Sent with the request.")
    empty: float | None = Field(default=None, description="The number where there is no series.")
    expect: Expectation = Field(default="ms >= 0.0", description="Condition over value and ms.")


class Prometheus(Probe[PrometheusSettings]):
    title = "Prometheus query"
    by_step = True
    Settings = PrometheusSettings
    examples = (
        {
            "name": "errors",
            "kind": "prometheus",
            "url": "http://prometheus.example.com:9090",
            "query": 'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
            "empty": 0,
            "expect": "value < 0.05",
        },
    )

    def look(self) -> Finding:
        settings = self.settings
        answer = self.outbound.request(
            "GET",
            f"{settings.url}/api/v1/query?query={quote(settings.query, safe='')}",
            headers={name: reveal(value) for name, value in settings.headers.items()},
            timeout=self.timeout_s,
            trusted=True,
            limit=_LARGEST,
        )
        value = self._number(answer.status, answer.body)
        outcome = {"value": value, "ms": answer.ms}
        return judged(settings, settings.expect, outcome, text=f"{value:.6g}", ms=answer.ms, default=value)

    def _number(self, status: int, body: bytes) -> float:
        try:
            said = json.loads(body)
            if said["status"] != "success":
                raise OutboundFailed(f"Prometheus refused the query: {str(said.get('error'))[:300]}")
            kind, result = said["data"]["resultType"], said["data"]["result"]
            found = [result] if kind == "scalar" else [each["value"] for each in cast("list[Any]", result)]
            numbers = [float(each[1]) for each in found]
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            raise OutboundFailed(f"this is no answer of Prometheus: {status}") from None
        if not numbers:
            if self.settings.empty is None:
                raise OutboundFailed("the query gives nothing")
            return self.settings.empty
        if len(numbers) > 1:
            raise OutboundFailed(f"the query gives {len(numbers)} series; wrap it in sum() or max()")
        if not math.isfinite(numbers[0]):
            raise OutboundFailed(f"the query gives {numbers[0]}")
        return numbers[0]
