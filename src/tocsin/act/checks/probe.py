"""What is a probe? One file in `probes/`: settings, and one look at something that should be well.

A probe says what it found or raises a TocsinError that says why it could not look, which counts as failed. Deadlines,
repetition and judgement over several looks belong to the suite and to who asks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import AfterValidator, Field

from tocsin.act.checks.finding import Finding
from tocsin.act.guard import Level
from tocsin.ground.kernel.conditions import (
    OUTCOME,
    Given,
    Verdict,
    compile_condition,
    compile_expression,
)
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Settings

LONGEST = timedelta(minutes=1)


def _compiles(text: str) -> str:
    compile_condition(text, OUTCOME)
    return text


def _bounded(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST:
        raise ValueError("a check takes at most a minute; write something like 5s")
    return value


def _gives_something(text: str) -> str:
    compile_expression(text, OUTCOME)
    return text


Expectation = Annotated[str, AfterValidator(_compiles)]
"""A condition in CEL over what came out: status, headers, json, body, ms."""
Figure = Annotated[str, AfterValidator(_gives_something)]
"""An expression in CEL that gives a number of what came out."""


class CheckSettings(Settings):
    """What every check has; a probe adds its own."""

    name: str = Field(min_length=1, max_length=64, description="As it is called on pages.")
    kind: str = Field(description="Which probe: http, tcp, redis, …")
    timeout: Annotated[Duration, AfterValidator(_bounded)] = Field(
        default=timedelta(seconds=10), description="Without an answer for this long, it has failed."
    )
    value: Figure | None = Field(
        default=None,
        description="The number that is measured, of what came out: json.active_users. Each kind has a usual one.",
    )


S = TypeVar("S", bound=CheckSettings)


class Probe(ABC, Generic[S]):
    """A way to look at something."""

    title: ClassVar[str]
    Settings: ClassVar[type[CheckSettings]]
    examples: ClassVar[tuple[Mapping[str, Any], ...]]
    """Settings that are valid as they stand: shown in the reference, loaded by the contract tests."""
    by_step: ClassVar[bool] = False
    """Whether a step of a runbook may ask it too: one that only asks over the network, and neither runs a command nor
    reads a file of this machine."""

    def __init__(self, settings: S, outbound: Outbound) -> None:
        self.settings = settings
        self.outbound = outbound

    @abstractmethod
    def look(self) -> Finding:
        """One look, within the timeout of the settings."""

    @classmethod
    def level(cls, settings: S) -> Level:
        """How strong one look is, where a step of a runbook asks for it: nearly all only read."""
        return "read"

    @property
    def timeout_s(self) -> float:
        return self.settings.timeout.total_seconds()


def judge(expect: str, outcome: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the outcome is as expected; if not, what was seen and what was wanted."""
    verdict: Verdict = compile_condition(expect, OUTCOME).evaluate(outcome)
    if verdict.true:
        return True, ""
    seen = ", ".join(f"{name} {value}" for name, value in verdict.values.items())
    return False, f"{'; '.join(filter(None, (seen, verdict.why)))} (wanted {expect})"


def judged(
    settings: CheckSettings,
    expect: str,
    outcome: Mapping[str, Any],
    *,
    text: str,
    ms: float,
    default: float | None,
    detail: Mapping[str, Any] | None = None,
) -> Finding:
    """What was found: as expected or not, and the number that `value` names, else the `default` one.

    A number that is wanted and not there has failed, too. `detail` is kept of what has failed.
    """
    ok, why = judge(expect, outcome)
    value, missing = figure(settings, outcome, default)
    problem = why or missing
    return Finding(
        check=settings.name,
        ok=ok and not missing,
        text=f"{text}: {problem}" if problem else text,
        ms=ms,
        value=value,
        detail=dict(detail or {}) if problem else {},
    )


def figure(
    settings: CheckSettings, outcome: Mapping[str, Any], default: float | None
) -> tuple[float | None, str]:
    """The number that was measured; else None, and why the one that is wanted is not there."""
    if settings.value is None:
        return default, ""
    found = compile_expression(settings.value, OUTCOME).evaluate(Given(OUTCOME, outcome))
    if isinstance(found.value, int | float) and math.isfinite(found.value):
        return float(found.value), ""
    return None, f"no number in {settings.value}{f': {found.why}' if found.why else ''}"
