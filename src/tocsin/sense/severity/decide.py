"""Which level is it? The first from the top with a rule that is true; what was not measured is never true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.ground.i18n import N_
from tocsin.ground.kernel.conditions import Verdict, compile_condition
from tocsin.sense.severity.facts import Facts
from tocsin.sense.severity.policy import Level, Policy
from tocsin.sense.severity.section import DEFAULT_POLICY

OTHERWISE = N_("otherwise")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The level, the rule that led to it with the values it saw, and what had no value on the way there."""

    level: str
    rule: str
    values: dict[str, Any]
    unmeasured: tuple[str, ...]
    policy: str
    spec: Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One rule and what it said."""

    level: str
    rule: str
    verdict: Verdict


def decide(policy_name: str, policy: Policy, facts: Facts) -> Decision:
    """Stops at the first rule that is true."""
    unmeasured: dict[str, None] = {}
    for judged in _judge(policy, facts):
        if judged.verdict.true:
            return _decision(
                policy_name, policy, judged.level, judged.rule, judged.verdict.values, unmeasured
            )
        unmeasured.update(dict.fromkeys(judged.verdict.unmeasured))
    return _decision(policy_name, policy, policy.fallback, OTHERWISE, {}, unmeasured)


def explain(policy: Policy, facts: Facts) -> tuple[Judged, ...]:
    """What every rule says, also below the one that decides."""
    return tuple(_judge(policy, facts))


def declared(policy_name: str, policy: Policy, level: str, actor: str) -> Decision:
    """A person said so."""
    return _decision(policy_name, policy, level, f"declared by {actor}", {}, {})


def undecided(reason: str) -> Decision:
    """Nobody could judge: as bad as the default policy knows."""
    return _decision("default", DEFAULT_POLICY, next(iter(DEFAULT_POLICY.levels)), reason, {}, {})


def _judge(policy: Policy, facts: Facts) -> Iterator[Judged]:
    values = facts.values()
    for name, level in policy.levels.items():
        for rule in level.when:
            verdict = compile_condition(rule, policy.environment).evaluate(values)
            yield Judged(level=name, rule=rule, verdict=verdict)


def _decision(
    policy_name: str,
    policy: Policy,
    level: str,
    rule: str,
    values: dict[str, Any],
    unmeasured: dict[str, None],
) -> Decision:
    return Decision(
        level=level,
        rule=rule,
        values=values,
        unmeasured=tuple(unmeasured),
        policy=policy_name,
        spec=policy.levels[level],
    )
