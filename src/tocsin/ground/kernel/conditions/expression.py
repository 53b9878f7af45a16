"""What does it come to? Expressions in CEL that give a value, over data whose shape only their author knows.

    expression = compile_expression("item.labels.host", MESSAGE)    # raises BadCondition: line, caret and cure
    result = expression.evaluate(Given(MESSAGE, {"item": {…}}))      # never raises
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
from tocsin.ground.kernel.conditions.runtime import Use, compiled, run, runtime
from tocsin.ground.kernel.conditions.values import convert, find, kind_of

_DEEPEST = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What an expression came to; `why` says why it came to nothing, "" where it did not fail."""

    value: Any = None
    why: str = ""


class Given:
    """Values for the variables of an environment, made ready once for many expressions."""

    def __init__(self, environment: Environment, values: Mapping[str, Any]) -> None:
        self.environment = environment
        self.values: dict[str, Any] = {}
        for variable in environment.variables:
            present, value = find(values, variable.name)
            converted = convert(value, variable) if present else None
            if present and (converted is not None or variable.nullable):
                self.values[variable.name] = converted
        self.activation = runtime(environment).Activation(self.values)

    def but(self, name: str, value: Any) -> Given:
        """The same with another value for one variable, a part of what was made ready already."""
        given = object.__new__(Given)
        given.environment = self.environment
        given.values = {**self.values, name: value}
        given.activation = runtime(self.environment).Activation(given.values)
        return given


class Expression:
    """A compiled expression; make it with `compile_expression`."""

    def __init__(
        self, text: str, environment: Environment, expression: cel.Expression, uses: Sequence[Use]
    ) -> None:
        self.text = text
        self.environment = environment
        self._expression = expression
        self.names = tuple(dict.fromkeys(use.variable.name for use in uses))
        """The variables that it mentions."""

    @property
    def kind(self) -> str:
        """What it gives as far as its text tells: BOOL, INT, DOUBLE, STRING, LIST, MAP, TIMESTAMP, NULL, DYN …"""
        return self._expression.return_type().name().partition("<")[0]

    def evaluate(self, given: Given) -> Result:
        """The value. Never raises."""
        for name in self.names:
            if name not in given.values:
                return Result(why=f"there is no {name}")
        value, why = run(self._expression, given.activation)
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
