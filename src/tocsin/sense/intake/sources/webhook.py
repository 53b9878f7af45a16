"""Anything that can post JSON.

Send one object, or a list of them, to `/in/KEY`:

    curl -H 'Content-Type: application/json' -d '{"name": "DiskFull", "service": "shop", "value": 0.97}' URL/in/KEY

`name` (or `alertname`, `title`) is all that must be there. `status` is `firing` or `resolved`; `dedup_key` says which
alert it is, else its labels do. `labels`, `annotations`, `severity`, `service`, `value`, `url`, `starts_at` and
`ends_at` (RFC 3339 or seconds since 1970) are understood; any other field, such as `summary`, is kept as an
annotation, so `"error_rate": 0.4` can be a measure of a policy. A message is taken whole or not at all: 202 with what
became of each alert, or 4xx with the field that is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.ground.accounts import Key
from tocsin.sense.alerts import Outcome
from tocsin.sense.intake.plain_alert import read_plain
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source


class Webhook(Source):
    title = "Webhook (JSON)"
    paths = ("", "/", "/webhook")
    examples = (
        Example(
            title="a disk fills up",
            body=b'{"name": "DiskFull", "service": "shop", "severity": "high", "summary": "97 % used", "value": 0.97}',
            alerts=1,
            path="/",
        ),
        Example(
            title="two jobs, one of them well again",
            body=b'[{"name": "Backup", "dedup_key": "backup-1"},'
            b' {"name": "Backup", "dedup_key": "backup-2", "status": "resolved"}]',
            alerts=2,
            path="/",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        return Reading(signals=read_plain(message.payload))

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        alerts = [{"id": each.alert, "result": each.result} for each in outcomes]
        body = msgspec.json.encode({"status": "accepted", "alerts": alerts})
        return Answer(status=202, body=body, headers=JSON)
