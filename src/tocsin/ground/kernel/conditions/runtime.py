"""What do all expressions share? One runtime for each environment, one way to compile a text and to run it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_math, ext_strings

from tocsin.ground.kernel.conditions.environment import OUTCOME, Environment, Variable
from tocsin.ground.kernel.conditions.mistakes import BadCondition, explained, reason_of
from tocsin.ground.kernel.conditions.reading import Mention, mentions, place_of, tokens

LONGEST = 4_000
"""Characters of one condition."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """One mention of a variable; `path` leads on inside its value."""

    variable: Variable
    path: tuple[str, ...]


def compiled(text: str, environment: Environment) -> tuple[cel.Expression, list[Use]]:
    """The expression and what it mentions. Raises BadCondition with line, column, caret and cure."""
    if len(text) > LONGEST:
        raise BadCondition(
            f"a condition has at most {LONGEST} characters", "", 1, 1, fix="split it into several"
        )
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise BadCondition("the condition is not readable text", "", 1, 1, fix="save the file as UTF-8")
    names = list(mentions(text))
    try:
        expression = runtime(environment).compile(text)
    except RuntimeError as error:
        raise explained(str(error), text, environment, names) from None
    _try_patterns(text)
    return expression, [use for mention in names if (use := _use(mention, environment))]


_TYPES = {
    "text": cel.Type.STRING,
    "integer": cel.Type.INT,
    "truth": cel.Type.BOOL,
    "time": cel.Type.TIMESTAMP,
    "texts": cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
    # dyn: a checked double would refuse `m.users > 1000`, since CEL has no conversion between its numbers
    "number": cel.Type.DYN,
    "any": cel.Type.DYN,
}


@functools.lru_cache(maxsize=64)
def runtime(environment: Environment) -> cel.Env:
    return cel.NewEnv(
        variables={each.name: _TYPES[each.kind] for each in environment.variables},
        extensions=[ext_strings.ExtStrings(), ext_math.ExtMath()],
    )


def run(expression: cel.Expression, given: dict[str, Any] | cel.Activation) -> tuple[Any, str]:
    """The value, or why there is none."""
    try:
        result = expression.eval(data=given) if isinstance(given, dict) else expression.eval(given)
        value = result.value()
        failed = result.type() == cel.Type.ERROR
    except (RuntimeError, ValueError, TypeError, OverflowError) as error:
        return None, reason_of(str(error))
    return (None, reason_of(str(value))) if failed else (value, "")


def _use(mention: Mention, environment: Environment) -> Use | None:
    parts = mention.parts[:-1] if mention.called else mention.parts
    for variable in environment.variables:
        name = tuple(variable.name.split("."))
        if parts[: len(name)] == name:
            return Use(variable=variable, path=parts[len(name) :])
    return None


def _try_patterns(text: str) -> None:
    """A regular expression written in the condition is compiled now, not at the first alert."""
    found = tokens(text)
    for before, bracket, (kind, literal, start) in zip(found, found[1:], found[2:], strict=False):
        if before[1] == "matches" and bracket[1] == "(" and kind == "string":
            _, why = run(runtime(OUTCOME).compile(f"''.matches({literal})"), {})
            if why:
                line, column = place_of(text, start)
                raise BadCondition(
                    why, text, line, column, fix="write it in the syntax of RE2 (no look-around)"
                )
