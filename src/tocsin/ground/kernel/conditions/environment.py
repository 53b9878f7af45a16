"""Which names may a condition use? One environment for each kind of condition, one list of names for all places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A name that a condition may use. `example` tries the condition out when it is compiled."""

    name: str
    kind: str  # text | number | integer | truth | time | texts | any
    title: str = ""
    nullable: bool = False  # null is a value of it, not the want of one


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)  # compared by identity: it is a key of caches
class Environment:
    """The variables of one kind of condition."""

    name: str
    variables: tuple[Variable, ...]

    def with_measures(self, names: Iterable[str]) -> Environment:
        """The same with further measures under `m.`, as a policy file may declare them."""
        more = tuple(
            Variable(name=f"m.{name}", kind="number", title="declared in the configuration")
            for name in sorted(set(names))
            if f"m.{name}" not in {each.name for each in self.variables}
        )
        return Environment(name=self.name, variables=self.variables + more)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names under `m.`."""
        return tuple(each.name[2:] for each in self.variables if each.name.startswith("m."))

    @property
    def questions(self) -> tuple[str, ...]:
        """The names under `q.`."""
        return tuple(each.name[2:] for each in self.variables if each.name.startswith("q."))


def _variables(kind: str, **titles: str) -> tuple[Variable, ...]:
    return tuple(
        Variable(name=name.replace("__", "."), kind=kind, title=title) for name, title in titles.items()
    )


ALERT = Environment(
    name="alert",
    variables=(
        *_variables(
            "text",
            alert__name="name of the alert",
            alert__source="kind of source that sent it",
            service__name="name of the service in the configuration",
            service__tier="core or supporting",
            service__team="team that owns the service",
            text="name, summary and description in one, for words",
        ),
        *_variables("texts", alert__labels="labels of the alert", alert__annotations="its annotations"),
        *_variables("number", alert__value="value that the source measured"),
        *_variables("time", alert__starts_at="when it began"),
        *_variables(
            "number",
            m__error_rate="share of requests that fail, 0 to 1",
            m__availability="share of time or checks that succeed, 0 to 1",
            m__latency_ms="response time in milliseconds",
            m__latency_ratio="response time against the service's baseline",
            m__users="affected users",
            m__users_share="affected users as a share of all, 0 to 1",
            m__queue_depth="jobs waiting",
            m__queue_age_s="age of the oldest waiting job in seconds",
            m__requests="requests affected",
            m__request_rate="requests a second",
            m__crashes="crashes an hour",
            m__cpu="share of processor used, 0 to 1",
            m__memory="share of memory used, 0 to 1",
            m__disk="share of disk used, 0 to 1",
            m__connections="open connections",
        ),
        *_variables(
            "truth", q__all_users="are all users affected?", q__core="is the core function affected?"
        ),
    ),
)
"""Severity rules and runbook triggers: what is known of an alert."""

OUTCOME = Environment(
    name="outcome",
    variables=(
        *_variables("integer", exit="exit code of the command", status="HTTP status"),
        *_variables("text", stdout="what it printed", stderr="what it complained", body="body of the answer"),
        *_variables("texts", headers="headers of the answer, names in lower case"),
        Variable(name="json", kind="any", title="the body or output, parsed", nullable=True),
        *_variables("any", rows="rows of a query, each a map by column"),
        *_variables("number", ms="duration in milliseconds", value="the value (the last number printed)"),
    ),
)
"""Expectations of steps and checks: what came out."""

MESSAGE = Environment(
    name="message",
    variables=(
        Variable(name="body", kind="any", title="the message, parsed", nullable=True),
        Variable(
            name="item", kind="any", title="one of its items; without items, the message", nullable=True
        ),
        *_variables(
            "texts", headers="headers of the request, names in lower case", query="its query parameters"
        ),
    ),
)
"""The mapping of a webhook: what somebody sent."""
