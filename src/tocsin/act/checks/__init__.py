"""Is a service well? Probes, one file each, and the round that judges all of a service's checks at once."""

from tocsin.act.checks.finding import Finding, Round
from tocsin.act.checks.probe import CheckSettings, Probe
from tocsin.act.checks.section import ChecksSection, kinds, read_check, validate_checks
from tocsin.act.checks.suite import Checks, run_round

__all__ = [
    "CheckSettings",
    "Checks",
    "ChecksSection",
    "Finding",
    "Probe",
    "Round",
    "kinds",
    "read_check",
    "run_round",
    "validate_checks",
]
