"""Anything that can post JSON.

Send one object, or a list of them, to `/in/KEY`:

    curl -H 'Content-Type: application/json' -d '{"name": "DiskFull", "service": "shop", "value": 0.97}' URL/in/KEY

`name` (or `alertname`, `title`) is all that must be there. `status` is `firing` or `resolved`; `dedup_key` says which
alert it is, else its labels do. `labels`, `annotations`, `severity`, `service`, `value`, `url`, `starts_at` and
`ends_at` (RFC 3339 or seconds since 1970) are understood; any other field, such as `summary`, is kept as an
annotation, so `"error_rate": 0.4` can be a measure of a policy. A message is taken whole or not at all: 202 with what
became of each alert, or 4xx with the field that is wrong.

Where a sender's JSON has a form of its own, the key may carry a mapping: for each part of an alert an expression in
[CEL](https://cel.dev) over `body`, `headers` (names in lower case) and `query`:

    tocsin key create webhook --set 'items=body.problems' --set 'name=item.title' --set 'resolved=item.state == "ok"'
        --set 'labels={"host": item.host, "disk": item.disk}' --set 'severity=item.level'

With `items`, `item` is one of them; without, it is the body. The page of sources tries a mapping on a pasted message
before it is saved. What tells which alert it is and how it stands has to have a value, else the message is refused with
the name of the expression; what only adorns the alert (`severity`, `service`, `annotations`, `starts_at`, `value`,
`url`) is left out where it has none, and the alert says so. At most 1,000 items a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

import msgspec

from tocsin.ground.accounts import Key
from tocsin.sense.alerts import Outcome
from tocsin.sense.intake.mapping import MappingSettings, map_message
from tocsin.sense.intake.plain_alert import read_plain
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source, SourceSettings


class Webhook(Source):
    title = "Webhook (JSON)"
    paths = ("", "/", "/webhook")
    Settings: ClassVar[type[SourceSettings]] = MappingSettings
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
        settings = cast(MappingSettings, self.settings_of(key))
        if not settings.maps:
            return Reading(signals=read_plain(message.payload))
        mapped = map_message(settings, message.payload, message.headers, message.query)
        return Reading(signals=mapped.signals)

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        alerts = [{"id": each.alert, "result": each.result} for each in outcomes]
        body = msgspec.json.encode({"status": "accepted", "alerts": alerts})
        return Answer(status=202, body=body, headers=JSON)
