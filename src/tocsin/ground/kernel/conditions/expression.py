"""What does it come to? Expressions in CEL that give a value, over data whose shape only their author knows.

    expression = compile_expression("item.labels.host", MESSAGE)    # raises BadCondition: line, caret and cure
    result = expression.evaluate({"item": {…}})                      # never raises
    result.value, result.why

What is not there gives no value and says why; the result is plain data: text, numbers, truth, times, lists, maps.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from cel_expr_python import cel

from tocsin.ground.kernel.conditions.environment import Environment
from tocsin.ground.kernel.conditions.runtime import Use, compiled, run
from tocsin.ground.kernel.conditions.values import convert, find, kind_of

_DEEPEST = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What an expression came to; `why` says why it came to nothing, "" where it did not fail."""

    value: Any = None
    why: str = ""


class Expression:
    """A compiled expression; make it with `compile_expression`."""

    def __init__(
        self, text: str, environment: Environment, expression: cel.Expression, uses: Sequence[Use]
    ) -> None:
        self.text = text
        self.environment = environment
        self._expression = expression
        self._variables = tuple({use.variable.name: use.variable for use in uses}.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it mentions."""
        return tuple(each.name for each in self._variables)

    def evaluate(self, values: Mapping[str, Any]) -> Result:
        """The value, for `values` as nested maps: `{"body": {…}, "headers": {…}}`. Never raises."""
        given: dict[str, Any] = {}
        for variable in self._variables:
            present, value = find(values, variable.name)
            converted = convert(value, variable) if present else None
            if not present or (converted is None and not variable.nullable):
                return Result(why=f"there is no {variable.name}")
            given[variable.name] = converted
        value, why = run(self._expression, given)
        return Result(why=why) if why else _plain(value, 0)


def compile_expression(text: str, environment: Environment) -> Expression:
    """Compiles once and remembers. Raises BadCondition (an Invalid) with line, column, caret and cure."""
    return _compile(text, environment)


@functools.lru_cache(maxsize=4096)
def _compile(text: str, environment: Environment) -> Expression:
    return Expression(text, environment, *compiled(text, environment))


def _plain(value: Any, depth: int) -> Result:
    """The runtime's value as plain data; its lists and maps hold values of its own, read one by one."""
    if isinstance(value, cel.Value):
        return _plain(value.value(), depth)
    if value is None or isinstance(value, bool | int | float | str | datetime):
        return Result(value=value)
    if depth >= _DEEPEST:
        return Result(why="it is nested too deeply")
    if isinstance(value, list):
        items = [_plain(each, depth + 1) for each in cast("list[Any]", value)]
        failed = next((each for each in items if each.why), None)
        return failed or Result(value=[each.value for each in items])
    if isinstance(value, dict):
        pairs = {str(key): _plain(each, depth + 1) for key, each in cast("dict[Any, Any]", value).items()}
        failed = next((each for each in pairs.values() if each.why), None)
        return failed or Result(value={key: each.value for key, each in pairs.items()})
    return Result(why=f"it is {kind_of(value)} of a kind that has no place here")
