"""Does the policy do what its cases say? The examples that stand beside a policy, run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tocsin.ground.catalogue import Service
from tocsin.sense.severity.decide import Decision, decide
from tocsin.sense.severity.facts import facts_of
from tocsin.sense.severity.policy import Case, Policy
from tocsin.sense.severity.told import Told, text_of


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """What came out of a case."""

    case: Case
    decision: Decision

    @property
    def ok(self) -> bool:
        return self.decision.level == self.case.expect


def run_cases(policy: Policy, services: Mapping[str, Service] | None = None) -> tuple[CaseResult, ...]:
    """Runs the cases of a policy; `services` gives those that name one its tier and baseline."""
    known = services or {}
    return tuple(_run(policy, case, known.get(case.service, Service())) for case in policy.cases)


def _run(policy: Policy, case: Case, service: Service) -> CaseResult:
    labels = {name: text_of(value) for name, value in case.alert.labels.items()}
    alert = Told(
        name=case.alert.name or labels.get("alertname", "case"),
        labels=labels,
        annotations={name: text_of(value) for name, value in case.alert.annotations.items()},
        value=case.alert.value,
        source=case.alert.source,
    )
    facts = facts_of(alert, case.service, service)
    told = {name: str(value) for name, value in case.m.items()}
    if told:  # given directly, yet latency_ms still finds its ratio
        facts = replace(facts, m=facts_of(replace(alert, annotations=told), case.service, service).m)
    facts = replace(facts, q={**facts.q, **case.q})
    return CaseResult(case=case, decision=decide(policy.name, policy, facts))
