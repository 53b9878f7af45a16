"""Which policies are there? The keys of the configuration that decide how bad an alert is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from tocsin.act.notify.section import ChannelSection
from tocsin.ground.catalogue import CatalogueSection, Slug, did_you_mean
from tocsin.ground.kernel.conditions import ALERT, problems
from tocsin.ground.kernel.settings import Problem, Section
from tocsin.sense.severity.policy import Policy
from tocsin.sense.severity.standard import DEFAULT

MeasureName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
DEFAULT_POLICY = Policy.model_validate(DEFAULT)


class PolicySection(Section):
    """Severity policies, and the measures that they need beyond the usual ones."""

    policies: dict[Slug, Policy] = Field(
        default_factory=dict, description="By name; `default` replaces the built-in one."
    )
    measures: dict[MeasureName, str] = Field(
        default_factory=dict, description="Further names under m., each with what it measures."
    )

    @model_validator(mode="after")
    def _place(self) -> PolicySection:
        for name, policy in list(self.policies.items()):
            self.policies[name] = policy.placed(name, self.measures)
        return self

    def policy(self, name: str | None) -> Policy:
        """The policy of that name; the default one if there is none, or not any more."""
        return self.policies.get(name or "default") or self.policies.get("default") or DEFAULT_POLICY

    def cross_check(self) -> Iterable[Problem]:
        for name in self.measures:
            if name in ALERT.measures:
                path = ("measures", name)
                yield Problem(
                    path=path, message=f"m.{name} is there anyway", fix="leave it out", level="warning"
                )
        for name, policy in self.policies.items():
            yield from _check(name, policy)
        if isinstance(self, ChannelSection):
            for name, policy in self.policies.items():
                yield from _check_channels(name, policy, self.channels)
        if isinstance(self, CatalogueSection):
            known = {*self.policies, "default"}
            for service_name, service in self.services.items():
                if service.policy and service.policy not in known:
                    yield Problem(
                        path=("services", service_name, "policy"),
                        message=f"there is no policy {service.policy}",
                        fix=did_you_mean(service.policy, known, "policies"),
                    )


def _check(name: str, policy: Policy) -> Iterator[Problem]:
    path = ("policies", name, "levels")
    ends = [level_name for level_name, level in policy.levels.items() if level.otherwise]
    if not ends:
        message = "no level takes what no rule matches"
        yield Problem(path=path, message=message, fix="give one level, mostly the last, otherwise: true")
    for extra in ends[1:]:
        message = f"only one level takes what no rule matches, and {ends[0]} does already"
        yield Problem(path=(*path, extra, "otherwise"), message=message, fix="leave it out here")
    for level_name, level in policy.levels.items():
        for index, rule in enumerate(level.when):
            yield from problems(rule, policy.environment, (*path, level_name, "when", index))
    for index, case in enumerate(policy.cases):
        if case.expect not in policy.levels:
            yield Problem(
                path=("policies", name, "cases", index, "expect"),
                message=f"there is no level {case.expect}",
                fix=did_you_mean(case.expect, policy.levels, f"policies.{name}.levels"),
            )
        for kind, given, known in (
            ("m", case.m, policy.environment.measures),
            ("q", case.q, policy.environment.questions),
        ):
            for each in given:
                if each not in known:
                    yield Problem(
                        path=("policies", name, "cases", index, kind, each),
                        message=f"there is no {kind}.{each}",
                        fix=did_you_mean(each, known, "measures"),
                    )


def _check_channels(name: str, policy: Policy, known: Collection[str]) -> Iterator[Problem]:
    for level_name, level in policy.levels.items():
        for index, channel in enumerate(level.channels):
            if channel not in known:
                yield Problem(
                    path=("policies", name, "levels", level_name, "channels", index),
                    message=f"there is no channel {channel}",
                    fix=did_you_mean(channel, known, "channels"),
                )
