"""Which checks does the configuration name, and are they right? They stand below each service, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from tocsin.act.checks.probe import CheckSettings, Probe
from tocsin.ground.catalogue import Service, did_you_mean
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.extensions import discover
from tocsin.ground.kernel.settings import Problem, Section
from tocsin.ground.kernel.validation import translate
from tocsin.ground.kernel.yaml import Tree

GROUP = "tocsin.probes"


@cache
def kinds() -> Mapping[str, type[Probe[Any]]]:
    """The probes there are, by kind: one file each in `probes/`, and those of installed packages."""
    return discover("tocsin.act.checks.probes", Probe, GROUP)


def read_check(entry: Mapping[str, Any]) -> CheckSettings:
    """The settings of one check. Raises Invalid with the first thing that is wrong."""
    try:
        return kinds()[str(entry.get("kind"))].Settings.model_validate(entry)
    except (KeyError, ValidationError):
        problem = validate_checks([entry])[0]
        raise Invalid(problem.message, field=".".join(map(str, problem.path[1:])), fix=problem.fix) from None


def validate_checks(entries: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What is wrong with a list of checks; paths begin with the place in the list."""
    problems: list[Problem] = []
    names: set[str] = set()
    for index, entry in enumerate(entries):
        problems += _problems(entry, index)
        name = str(entry.get("name"))
        if name in names:
            problems.append(
                Problem(
                    path=(index, "name"), message=f"there are two checks {name}", fix="give each its own name"
                )
            )
        names.add(name)
    return problems


def _problems(entry: Mapping[str, Any], index: int) -> Iterator[Problem]:
    kind = entry.get("kind")
    if kind is None:
        fix = f"add kind: {', '.join(kinds())}"
        yield Problem(path=(index,), message="the check does not say what kind it is", fix=fix)
        return
    if str(kind) not in kinds():
        fix = did_you_mean(str(kind), kinds(), "kinds")
        yield Problem(path=(index, "kind"), message=f"there is no probe {kind}", fix=fix)
        return
    settings = kinds()[str(kind)].Settings
    try:
        settings.model_validate(entry)
    except ValidationError as error:
        for each in translate(error, Tree(data=dict(entry)), settings.model_json_schema()):
            yield Problem(path=(index, *each.path), message=each.message, fix=each.fix)


class ChecksSection(Section):
    """Owns no key of its own: the checks stand in the services of the catalogue."""

    def cross_check(self) -> Iterable[Problem]:
        services: Mapping[str, Service] = getattr(self, "services", {})  # of the catalogue, in the whole
        for name, service in services.items():
            for problem in validate_checks(service.checks):
                yield Problem(
                    path=("services", name, "checks", *problem.path), message=problem.message, fix=problem.fix
                )
