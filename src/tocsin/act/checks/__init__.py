"""Is a service well? Probes, one file each, and the round that judges all of a service's checks at once."""

from tocsin.act.checks.finding import Finding, Round
from tocsin.act.checks.probe import CheckSettings, Probe
from tocsin.act.checks.scope import Look, Scope, judge_scope, look_around
from tocsin.act.checks.section import ChecksSection, kinds, read_check, validate_checks
from tocsin.act.checks.suite import Checks, run_round

__all__ = [
    "CheckSettings",
    "Checks",
    "ChecksSection",
    "Finding",
    "Look",
    "Probe",
    "Round",
    "Scope",
    "judge_scope",
    "kinds",
    "look_around",
    "read_check",
    "run_round",
    "validate_checks",
]
