"""Does an alert match `severity=~"warn.*"`? Matchers as Prometheus and amtool write them.

Regular expressions run in RE2 (through CEL), so that no pattern of a sender can keep us busy; they match whole values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.ground.kernel.conditions import ALERT, compile_condition
from tocsin.ground.kernel.errors import Invalid

_FORM = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s"=!~]+)\s*(=~|!~|!=|=)\s*(.*?)\s*', re.DOTALL)
_LONGEST = 1_024


@dataclass(frozen=True, kw_only=True, slots=True)
class Matcher:
    """`operator` is one of = != =~ !~."""

    name: str
    operator: str
    value: str


def parse_matcher(text: str) -> Matcher:
    """Reads one matcher. Raises Invalid, also for a pattern that RE2 cannot read."""
    found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise Invalid(f"no matcher: {text[:100]!r}", field="filter", fix='Write it like severity="critical".')
    matcher = Matcher(name=_unquoted(found[1]), operator=found[2], value=_unquoted(found[3]))
    matches(matcher, {})
    return matcher


def matches(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """An absent label is an empty one."""
    value = labels.get(matcher.name, "")
    if matcher.operator in ("=", "!="):
        return (value == matcher.value) == (matcher.operator == "=")
    pattern = json.dumps(f"^(?s:{matcher.value})$", ensure_ascii=False)
    return compile_condition(f"text.matches({pattern})", ALERT).evaluate({"text": value}).true == (
        matcher.operator == "=~"
    )


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text
