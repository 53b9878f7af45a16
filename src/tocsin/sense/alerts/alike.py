"""What do these alerts share? Matchers that fit all of them, and as little else as their labels allow.

A label that all of them have with one value is asked for as it is; one with a few values as a choice of those. A label
that some of them lack, or with too many values, is not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.sense.alerts.matchers import Matcher

_MOST_VALUES, _LONGEST = 12, 1_000
_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def matchers_of(alerts: Sequence[Mapping[str, str]]) -> tuple[Matcher, ...]:
    """The matchers for alerts with these labels, the alert's name first; none for no alerts."""
    if not alerts:
        return ()
    shared = set(alerts[0]).intersection(*alerts)
    names = sorted(shared, key=lambda name: (name != "alertname", name != "service", name))
    found = (_matcher(name, [labels[name] for labels in alerts]) for name in names)
    return tuple(each for each in found if each)


def _matcher(name: str, values: Sequence[str]) -> Matcher | None:
    different = list(dict.fromkeys(values))
    if len(different) == 1:
        return Matcher(name=name, operator="=", value=different[0])
    pattern = "|".join(sorted(_literal(value) for value in different))
    if len(different) > _MOST_VALUES or len(pattern) > _LONGEST:
        return None
    return Matcher(name=name, operator="=~", value=pattern)


def _literal(value: str) -> str:
    """As a regular expression that means this text alone."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in value)
