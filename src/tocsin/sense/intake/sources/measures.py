"""Numbers that a sender has measured itself, for `monitors:` without a probe.

    POST URL/in/KEY/measures
    {"service": "shop", "measures": {"users": 812, "error_rate": 0.01}}

or several at once, each with the time at which it was measured:

    [{"service": "shop", "at": "2026-02-01T09:30:00Z", "measures": {"users": 812}}]

A key that belongs to a service needs no `service`. Each pair of service and measure has to be one that a monitor waits
for; else nothing of the message is taken and the answer, 422, says which there are. `at` may lie up to an hour back.
Answer: 202 with the number of values that were taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import msgspec

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts import Outcome
from tocsin.sense.intake import limits
from tocsin.sense.intake.house import House
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source
from tocsin.sense.intake.strict_json import read_json

_VALUES_MOST = 1_000
_BACK = timedelta(hours=1)
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pushed:
    """What was measured of one service at one moment."""

    service: str
    at: datetime
    values: dict[str, float]


class Measures(Source):
    title = "Measured numbers"
    paths = ("/measures",)
    methods = ()
    serves: ClassVar = {"/measures": ("POST",)}
    examples = (
        Example(
            title="how many users there are",
            body=b'{"service": "shop", "measures": {"users": 812, "error_rate": 0.01}}',
            alerts=0,
            path="/measures",
        ),
    )

    def usage(self, base: str, secret: str) -> Sequence[str]:
        return (
            "Post numbers that monitors wait for:",
            f"  curl -fsS -H 'Content-Type: application/json' {base}/in/{secret}/measures \\",
            """    -d '{"service": "shop", "measures": {"users": 812}}'""",
        )

    def read(self, message: Message, key: Key) -> Reading:
        return Reading()

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return Answer(status=202, body=b"{}", headers=JSON)

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        limits.check_content_type(message.headers.get("content-type"), self.content_types)
        told, _ = read_json(message.payload)
        items = cast("list[Any]", told) if isinstance(told, list) else [told]
        pushed = [_pushed(each, key.service or "", message.at) for each in items]
        taken = sum(len(each.values) for each in pushed)
        if not 0 < taken <= _VALUES_MOST:
            raise Invalid(
                f"{taken} values in one message", field="measures", fix=f"Send 1 to {_VALUES_MOST} at once."
            )
        for each in pushed:
            house.measures.expect(each.service, each.values)
        for each in pushed:
            house.measures.push(each.service, each.values, each.at)
        return Answer(
            status=202, body=msgspec.json.encode({"status": "accepted", "values": taken}), headers=JSON
        )


def _pushed(item: Any, owner: str, now: datetime) -> _Pushed:
    if not isinstance(item, dict):
        raise _no_measures("measures")
    given = cast("dict[str, Any]", item)
    service = owner or str(given.get("service") or "")
    measures = given.get("measures")
    if not isinstance(measures, dict):
        raise _no_measures("measures")
    return _Pushed(
        service=service,
        at=_time(given.get("at"), now),
        values=dict(_numbers(cast("dict[str, Any]", measures))),
    )


def _numbers(given: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _no_measures(f"measures.{name[:64]}")
        number = float(value) if abs(value) < 1e300 else math.inf
        if not math.isfinite(number):
            raise _no_measures(f"measures.{name[:64]}")
        yield name, number


def _time(given: Any, now: datetime) -> datetime:
    if given is None:
        return now
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("this is no time with a zone", field="at", fix="Write it like 2026-02-01T09:30:00Z.")
    if not now - _BACK <= at <= now + _AHEAD:
        raise Invalid("this is not of the last hour", field="at", fix="Leave it out: then it is now.")
    return min(at, now)


def _no_measures(field: str) -> Invalid:
    return Invalid(
        "these are no measured numbers",
        field=field,
        fix='Write them like {"service": "shop", "measures": {"users": 812}}.',
    )
