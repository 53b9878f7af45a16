"""How bad is it, in the words of the policy that judged it?"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.sense.severity import PolicySection


@dataclass(frozen=True, kw_only=True, slots=True)
class SeverityView:
    """A level as a page shows it. `urgency` gives shape and colour."""

    name: str
    title: str
    urgency: str


def severity_view(policies: PolicySection, policy: str, name: str) -> SeverityView:
    """A level that has left the policy is shown as a minor one by its name: nobody can say more."""
    level = policies.policy(policy).levels.get(name)
    if level is None:
        return SeverityView(name=name, title="", urgency="medium")
    return SeverityView(name=name, title=level.title, urgency=level.urgency)


def levels_of(policies: PolicySection, policy: str) -> list[tuple[str, str]]:
    """The levels one can choose from, the worst first, each with its title."""
    levels = policies.policy(policy).levels.items()
    return [(name, f"{name} · {level.title}" if level.title else name) for name, level in levels]
