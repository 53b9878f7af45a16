"""Which rules cry wolf? Each rule (alert name and service) over a period, the noisiest first, with why and what to do.

The score is 0 to 100. Each incident that has ended gives points: 100 where a person called it false or noise, 0 where
somebody did something about it or called it useful, 70 where it was over by itself within five minutes or kept coming
and going, 50 where nobody even acknowledged it, 25 where somebody did and then had nothing to do. The score is the sum
divided by one more than the number of incidents: of a single one nobody can say much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import reason
from tocsin.learn.analytics import store
from tocsin.learn.analytics.store import RuleSum

LOUD = 50
"""From this score on a rule costs more than it tells."""

_FALSE = reason(N_("False alarms: {n} of {of}"))
_MARKED = reason(N_("Called noise: {n}"))
_SHORT = reason(N_("Ended by itself within 5 minutes: {n}"))
_FLAPPING = reason(N_("Kept coming and going: {n}"))
_IDLE = reason(N_("Ended without anybody doing anything: {n}"))
_USEFUL = reason(N_("Called useful: {n}"))
_QUIET = N_("Somebody had something to do each time")

_FIX_FALSE = N_("Correct what it measures: it should fire on what users feel.")
_FIX_MARKED = N_("People call it noise: delete it, or let it open no incident.")
_FIX_SHORT = N_("Let it wait longer before it fires (for: 5m), so that what passes by itself wakes nobody.")
_FIX_FLAPPING = N_("Set the threshold at which it ends apart from the one at which it fires.")
_FIX_IDLE = N_("Nobody needs to act: lower its severity, so that it pages no more.")
_FEW = N_("Too few incidents to say; watch it.")
_KEEP = N_("Keep it as it is.")
_ENOUGH = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleNoise:
    """A rule over a period. All but `fired` (firings) and the marks count incidents; `idle` ended with nobody acting.

    `score` is 0 (each incident was worth it) to 100; `why` and `advice` are texts of ours.
    """

    name: str
    service: str
    fired: int
    incidents: int
    paged: int
    acknowledged: int
    false: int
    noise_marks: int
    useful_marks: int
    short: int
    flapping: int
    idle: int
    score: int
    why: list[str]
    advice: str

    @property
    def is_loud(self) -> bool:
        return self.score >= LOUD


def noise(conn: Connection, since: datetime, until: datetime) -> list[RuleNoise]:
    """Every rule that had an incident, or a word of a person, from `since` to before `until`; the worst first."""
    outside = store.marks_outside(conn, since, until)
    known = {(each.name, each.service): each for each in store.sums(conn, since, until)}
    found = [
        _rule(known.get(key) or _nothing(*key), outside.get(key, {}))
        for key in dict.fromkeys([*known, *outside])
    ]
    return sorted(found, key=lambda each: (-each.score, -each.incidents, each.service, each.name))


def _nothing(name: str, service: str) -> RuleSum:
    return RuleSum(
        name=name, service=service, fired=0, incidents=0, paged=0, acknowledged=0, false_alarms=0,
        noise_marks=0, useful_marks=0, short=0, flapping=0, idle=0, points=0,
    )  # fmt: skip


def _rule(rule: RuleSum, outside: dict[str, int]) -> RuleNoise:
    noise_outside, useful_outside = outside.get("noise", 0), outside.get("useful", 0)
    units = rule.incidents + noise_outside + useful_outside
    marked = rule.noise_marks + noise_outside
    useful = rule.useful_marks + useful_outside
    score = round((rule.points + 100 * noise_outside) / (units + 1))
    told = [
        (rule.false_alarms, _FALSE, _FIX_FALSE),
        (marked, _MARKED, _FIX_MARKED),
        (rule.short, _SHORT, _FIX_SHORT),
        (rule.flapping, _FLAPPING, _FIX_FLAPPING),
        (rule.idle, _IDLE, _FIX_IDLE),
    ]
    why = [text(n=n, of=rule.incidents) for n, text, _ in told if n]
    if useful:
        why.append(_USEFUL(n=useful))
    return RuleNoise(
        name=rule.name,
        service=rule.service,
        fired=rule.fired,
        incidents=rule.incidents,
        paged=rule.paged,
        acknowledged=rule.acknowledged,
        false=rule.false_alarms,
        noise_marks=marked,
        useful_marks=useful,
        short=rule.short,
        flapping=rule.flapping,
        idle=rule.idle,
        score=score,
        why=why or [_QUIET],
        advice=_advice(score, units, told),
    )


def _advice(score: int, units: int, told: Sequence[tuple[int, object, str]]) -> str:
    if score < LOUD:
        return _KEEP if units >= _ENOUGH else _FEW
    # The commonest reason; where two are as common, the one that stands first.
    return max(told, key=lambda each: each[0])[2]
