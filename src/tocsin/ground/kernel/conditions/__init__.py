"""Is it true? Conditions in CEL, the one language for rules, triggers and expectations.

    condition = compile_condition("m.error_rate >= 0.5", ALERT)     # raises BadCondition: line, caret and
    cure verdict = condition.evaluate({"m": {"error_rate": 0.7}})        # never raises verdict.true,
    verdict.values, verdict.unmeasured, verdict.why

A name that does not exist is an error when the configuration loads, not a surprise in the night. What could
not be measured makes a condition *not measured*: never true, never an error. A field missing in some JSON
makes it false, with the reason beside it. The runtime is Google's (cel-expr-python): regular expressions
are RE2 and linear, recursion and iteration are bounded.
"""

from tocsin.ground.kernel.conditions.condition import Condition, Verdict, compile_condition, problems
from tocsin.ground.kernel.conditions.environment import ALERT, MESSAGE, OUTCOME, Environment, Variable
from tocsin.ground.kernel.conditions.expression import Expression, Given, Result, compile_expression
from tocsin.ground.kernel.conditions.mistakes import BadCondition

__all__ = [
    "ALERT",
    "MESSAGE",
    "OUTCOME",
    "BadCondition",
    "Condition",
    "Environment",
    "Expression",
    "Given",
    "Result",
    "Variable",
    "Verdict",
    "compile_condition",
    "compile_expression",
    "problems",
]
