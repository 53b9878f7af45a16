"""Which values does a run work with? Those a person gave, else those of the alert and the service, else defaults.

A value from an alert is hostile until the end: it stays data, and the run remembers which ones they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.runbooks.document import Input
from tocsin.respond.runbooks.plan import Plan

LONGEST = 16_384
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    known: dict[str, str]
    hostile: frozenset[str]


def resolve(
    plan: Plan,
    inputs: Iterable[Input],
    given: Mapping[str, str],
    labels: Mapping[str, str],
    service: Service,
) -> Values:
    """A value for each input that can have one. Raises Invalid for what a person gave and no run may take."""
    declared = {each.name: each for each in inputs}
    wanted = dict.fromkeys((*declared, *(name for step in plan.steps() for name in step.inputs)))
    checked = check(given, wanted, declared)
    by_label = {_variable(label): value for label, value in labels.items()}
    known: dict[str, str] = {}
    hostile: set[str] = set()
    for name in wanted:
        if name in checked:
            known[name] = checked[name]
            continue
        if name in service.environment:
            continue  # read when it is used, since it may be a secret
        label = by_label.get(name.removeprefix("ALERT_").upper())
        if label is not None and _is_harmless(label):
            known[name] = label
            hostile.add(name)
            continue
        default = _of_service(name, service) or (declared[name].default if name in declared else None)
        if default is not None:
            known[name] = default
    return Values(known=known, hostile=frozenset(hostile))


def check(given: Mapping[str, str], wanted: Iterable[str], declared: Mapping[str, Input]) -> dict[str, str]:
    """What a person gave, if a run may take it."""
    names = list(wanted)
    for name, value in given.items():
        if name not in names:
            known = ", ".join(names) or "no input"
            raise Invalid(f"the runbook has no input {name}", field=name, fix=f"It knows {known}.")
        if not _NAME.fullmatch(name) or "\0" in value or len(value) > LONGEST:
            raise Invalid(f"the value of {name} cannot be taken", field=name, fix="Plain text up to 16 kB.")
        if name in declared and declared[name].secret:
            raise Invalid(
                f"{name} is a secret and is not given by hand",
                field=name,
                fix=f"Put {name}: env:… under environment: of the service.",
            )
    return dict(given)


def _is_harmless(value: str) -> bool:
    """A label that begins like an option or holds control characters is not taken over: a person gives the value."""
    return value.isprintable() and not value.startswith("-") and 0 < len(value) <= LONGEST


def _of_service(name: str, service: Service) -> str | None:
    for endpoint_name, endpoint in service.endpoints.items():
        if name == f"{_variable(endpoint_name)}_URL":
            return str(endpoint.url)
        if name == f"{_variable(endpoint_name)}_ORIGIN":
            return endpoint.origin
    return None


def _variable(label: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", label.upper())
