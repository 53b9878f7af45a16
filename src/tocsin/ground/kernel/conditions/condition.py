"""Is it true? Compile once, evaluate often, never raise at run time."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from cel_expr_python import cel

from tocsin.ground.kernel.conditions.environment import Environment
from tocsin.ground.kernel.conditions.mistakes import BadCondition
from tocsin.ground.kernel.conditions.runtime import Use, compiled, run
from tocsin.ground.kernel.conditions.values import convert, find, kind_of, shown
from tocsin.ground.kernel.settings import Problem

_NEITHER = "the condition is {}, neither true nor false"
_COMPARE = "compare it with something"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a condition said: `true` only if it is; else `unmeasured` names what was not known, or `why` went wrong."""

    true: bool
    unmeasured: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    why: str = ""


class Condition:
    """A compiled condition; make it with `compile_condition`."""

    def __init__(
        self, text: str, environment: Environment, expression: cel.Expression, uses: Sequence[Use]
    ) -> None:
        self.text = text
        self.environment = environment
        self._expression = expression
        self._uses = uses

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it mentions."""
        return tuple(dict.fromkeys(use.variable.name for use in self._uses))

    def evaluate(self, values: Mapping[str, Any]) -> Verdict:
        """True or not, for `values` as nested maps: `{"m": {"error_rate": 0.5}, "text": "…"}`. Never raises."""
        given: dict[str, Any] = {}
        missing: list[str] = []
        for use in self._uses:
            variable = use.variable
            present, value = find(values, variable.name)
            converted = convert(value, variable) if present else None
            if not present or (converted is None and not variable.nullable):
                missing.append(variable.name)
            else:
                given[variable.name] = converted
        if missing:
            names = tuple(dict.fromkeys(missing))
            return Verdict(
                true=False,
                unmeasured=names,
                values=self._seen(given),
                why=f"not measured: {', '.join(names)}",
            )
        answer, why = run(self._expression, given)
        if not why and not isinstance(answer, bool):
            why = _NEITHER.format(kind_of(answer))
        return Verdict(true=not why and answer is True, values=self._seen(given), why=why)

    def _seen(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the condition looked at, short enough for a timeline."""
        seen: dict[str, Any] = {}
        for use in self._uses:
            if use.variable.name not in given:
                continue
            value, name = given[use.variable.name], use.variable.name
            for part in use.path:
                if not isinstance(value, dict):
                    break
                value, name = cast("dict[str, Any]", value).get(part), f"{name}.{part}"
            seen[name] = shown(value)
        return seen


def compile_condition(text: str, environment: Environment) -> Condition:
    """Compiles once and remembers. Raises BadCondition (an Invalid) with line, column, caret and cure."""
    return _compile(text, environment)


def problems(text: str, environment: Environment, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """What is wrong with a condition that stands at `path` of the configuration."""
    try:
        compile_condition(text, environment)
    except BadCondition as error:
        yield Problem(path=path, message=error.message, fix=error.fix)


@functools.lru_cache(maxsize=4096)
def _compile(text: str, environment: Environment) -> Condition:
    expression, uses = compiled(text, environment)
    kind = expression.return_type().name()
    if kind not in ("BOOL", "DYN"):
        raise BadCondition(_NEITHER.format(kind.lower()), text, 1, 1, fix=_COMPARE)
    _try_examples(expression, uses, text)
    return Condition(text, environment, expression, uses)


_EXAMPLES: dict[str, Any] = {
    "text": "",
    "number": 1.5,
    "integer": 1,
    "truth": True,
    "time": datetime.fromisoformat("2026-11-21T10:30:00+00:00"),
    "texts": {},
}


def _try_examples(expression: cel.Expression, uses: Sequence[Use], text: str) -> None:
    """Measures are not typed for the checker, so `m.users * 2` or `ms < "5"` shows only when it is tried."""
    if any(use.variable.kind == "any" for use in uses):
        return
    answer, why = run(expression, {use.variable.name: _EXAMPLES[use.variable.kind] for use in uses})
    if why.startswith("the values do not fit together"):
        fix = "measures are decimal numbers: calculate with 100.0, not with 100 or with text"
        raise BadCondition(why, text, 1, 1, fix=fix)
    if not why and not isinstance(answer, bool):
        raise BadCondition(_NEITHER.format(kind_of(answer)), text, 1, 1, fix=_COMPARE)
