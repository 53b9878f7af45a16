"""Whom does a step mean? Its targets as people and rooms, for one incident at one instant.

A target that leads nowhere means nobody, and so does one that fails: the others are paged all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.respond.oncall.oncall import Oncall
from tocsin.respond.oncall.section import Rota, members, same_title

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressed:
    """People by their names in the configuration, and channels that are rooms; each once, in order."""

    people: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


class Targets:
    """Reads targets as the configuration in force has them."""

    def __init__(self, current: Callable[[], Rota], oncall: Oncall) -> None:
        self._current = current
        self._oncall = oncall

    def of(
        self, conn: Connection, targets: Sequence[str], *, incident: str, service: str, at: datetime
    ) -> Addressed:
        """Whom these targets mean. `role:` is looked up on the timeline of the incident."""
        holders = _holders(conn, incident) if any(each.startswith("role:") for each in targets) else {}
        people: list[str] = []
        rooms: list[str] = []
        for target in targets:
            kind, _, name = target.partition(":")
            try:
                if kind == "channel":
                    rooms.append(name)
                else:
                    people += self._people(target, kind, name, holders, service, at)
            except Exception:
                _log.exception("a target of a step could not be read", target=target, incident=incident)
        known = self._current().people
        return Addressed(
            people=tuple(dict.fromkeys(each for each in people if each in known)),
            rooms=tuple(dict.fromkeys(rooms)),
        )

    def _people(
        self, target: str, kind: str, name: str, holders: dict[str, str], service: str, at: datetime
    ) -> Iterable[str]:
        current = self._current()
        match kind:
            case "role":
                return [holders[name]] if name in holders else []
            case "title":
                return [slug for slug, each in current.people.items() if same_title(each.title, name)]
            case "lead" | "service":
                team = current.teams.get((current.service(service).team or "") if kind == "service" else name)
                if team is None:
                    return []
                return members(team) if target == "service:team" else [team.lead] if team.lead else []
            case _:
                return self._oncall.people((target,), at)


def _holders(conn: Connection, incident: str) -> dict[str, str]:
    """Role → who has it now."""
    given = timeline.of_incident(conn, incident, kinds=("role.assigned",))
    return {str(each.data.get("role")): str(each.data.get("person")) for each in given}
