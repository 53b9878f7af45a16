"""How bad is it? Severity by policy, in conditions that are checked when they load."""

from tocsin.sense.severity.cases import CaseResult, run_cases
from tocsin.sense.severity.decide import OTHERWISE, Decision, Judged, decide, declared, explain, undecided
from tocsin.sense.severity.facts import Facts, facts_of
from tocsin.sense.severity.policy import Case, Level, Policy
from tocsin.sense.severity.section import DEFAULT_POLICY, PolicySection
from tocsin.sense.severity.told import Told, alerts_in

__all__ = [
    "DEFAULT_POLICY",
    "OTHERWISE",
    "Case",
    "CaseResult",
    "Decision",
    "Facts",
    "Judged",
    "Level",
    "Policy",
    "PolicySection",
    "Told",
    "alerts_in",
    "decide",
    "declared",
    "explain",
    "facts_of",
    "run_cases",
    "undecided",
]
