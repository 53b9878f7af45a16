"""Does the policy do what its cases say? The examples that stand beside a policy, run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tocsin.ground.catalogue import Service
from tocsin.sense.severity.decide import Decision, decide
from tocsin.sense.severity.facts import facts_of
from tocsin.sense.severity.policy import Case, Policy

_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """What came out of a case."""

    case: Case
    decision: Decision

    @property
    def ok(self) -> bool:
        return self.decision.level == self.case.expect


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """A case's alert in the form of a real one."""

    name: str
    labels: dict[str, str]
    annotations: dict[str, str]
    value: float | None
    source: str
    starts_at: datetime = _SOME_TIME


def run_cases(policy: Policy, services: Mapping[str, Service] | None = None) -> tuple[CaseResult, ...]:
    """Runs the cases of a policy; `services` gives those that name one its tier and baseline."""
    known = services or {}
    return tuple(_run(policy, case, known.get(case.service, Service())) for case in policy.cases)


def _run(policy: Policy, case: Case, service: Service) -> CaseResult:
    labels = {name: _text(value) for name, value in case.alert.labels.items()}
    alert = _Told(
        name=case.alert.name or labels.get("alertname", "case"),
        labels=labels,
        annotations={name: _text(value) for name, value in case.alert.annotations.items()},
        value=case.alert.value,
        source=case.alert.source,
    )
    facts = facts_of(alert, case.service, service)
    told = {name: str(value) for name, value in case.m.items()}
    if told:  # given directly, yet latency_ms still finds its ratio
        facts = replace(facts, m=facts_of(replace(alert, annotations=told), case.service, service).m)
    facts = replace(facts, q={**facts.q, **case.q})
    return CaseResult(case=case, decision=decide(policy.name, policy, facts))


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
