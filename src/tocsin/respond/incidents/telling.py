"""What does an event speak of, by the names that people use? For the pages and the report, each in its own voice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.respond.incidents.titles import CLOCK_TITLES, ROLE_TITLES


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """Who tells it: `person` names one by key, `text` says a text of ours, `moment` a time, each to this reader."""

    person: Callable[[str], str]
    text: Callable[[str], str]
    moment: Callable[[datetime], str]

    def values(self, data: Mapping[str, object]) -> dict[str, object]:
        """The values of an event, with people, roles, clocks, targets and times as this reader calls them."""
        return {
            key: self._told(key, value) if isinstance(value, str) else value for key, value in data.items()
        }

    def _told(self, key: str, value: str) -> str:
        match key:
            case "person" | "by":
                return self.person(value)
            case "role":
                return self.text(ROLE_TITLES.get(value, value))
            case "clock":
                return self.text(CLOCK_TITLES.get(value, value))
            case "target":
                return ", ".join(self._target(each) for each in value.split(", "))
            case "due_at" | "until":
                try:
                    return self.moment(datetime.fromisoformat(value))
                except ValueError:
                    return value
            case _:
                return value

    def _target(self, target: str) -> str:
        """Whom an escalation reaches: `person:mei` by name, `schedule:backend` by what it is called, `everybody`."""
        kind, colon, name = target.partition(":")
        return (self.person(name) if kind == "person" else name) if colon else self.text(target)
