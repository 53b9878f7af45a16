"""Who takes which role? The key `roles:` of the configuration; the level says which of them are filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.settings import Problem, Section
from tocsin.respond.incidents.roles.card import CARDS
from tocsin.respond.oncall.section import EVERYBODY, Target
from tocsin.sense.severity import Policy

RoleName = Literal["commander", "technical-lead", "communications-lead", "scribe"]
_KNOWN = {"schedule": "schedules", "person": "people", "team": "teams"}


class RoleSection(Section):
    """Where the people for the roles come from."""

    roles: dict[RoleName, tuple[Target, ...]] = Field(
        default_factory=dict,
        description="By role: schedule:NAME, person:NAME, team:NAME, the first that has somebody. "
        "Which roles are filled says the level; whoever acknowledges commands where nobody does.",
    )

    def cross_check(self) -> Iterable[Problem]:
        for role, targets in self.roles.items():
            for index, target in enumerate(targets):
                kind, _, wanted = target.partition(":")
                known: Mapping[str, object] = getattr(self, _KNOWN.get(kind, ""), {})  # of other sections
                if target != EVERYBODY and wanted not in known:
                    yield Problem(
                        path=("roles", role, index),
                        message=f"there is no {kind} {wanted}",
                        fix=did_you_mean(wanted, known, _KNOWN[kind]),
                    )
        policies: Mapping[str, Policy] = getattr(
            self, "policies", {}
        )  # of severity, in the whole configuration
        for name, policy in policies.items():
            for level_name, level in policy.levels.items():
                for index, role in enumerate(level.roles):
                    if role not in CARDS:
                        yield Problem(
                            path=("policies", name, "levels", level_name, "roles", index),
                            message=f"there is no role {role}",
                            fix=f"one of {', '.join(CARDS)}",
                        )
