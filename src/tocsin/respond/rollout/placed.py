"""What stands of a service now, and where could it go back to? Versions, out of what was told of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.respond.incidents import FALSE_ALARM
from tocsin.respond.rollout import store
from tocsin.respond.rollout.section import repair_of
from tocsin.respond.rollout.store import Verdict
from tocsin.respond.rollout.versions import Began, Version, at_risk, placings, target_of, versions_of
from tocsin.respond.rollout.yard import Yard
from tocsin.sense.changes import KEPT

_MOST = 200
_LOUD = ("critical", "high")


@dataclass(frozen=True, kw_only=True, slots=True)
class Picked:
    """Where a roll back goes from and to."""

    current: str
    target: Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """`versions`, that which stands now in front; `target` to go back to, or `no_target`, why there is none.

    `deployed` is how long ago the last deploy was, `at_risk` why going back may lose data.
    """

    versions: tuple[Version, ...]
    target: Version | None
    no_target: str
    deployed: timedelta | None
    at_risk: str


class Placed:
    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    def of(self, conn: Connection, service: str) -> Standing:
        """How it stands with a service's versions."""
        yard, now = self._yard, self._yard.clock.now()
        settings = yard.settings().repair
        changes = yard.changes.since(conn, now - KEPT, service)[:_MOST]
        left = {
            each.from_version
            for each in store.rollbacks(conn, service=service, limit=_MOST)
            if each.state in ("done", "unproven")
        }
        versions = versions_of(
            placings(changes, repair_of(yard.service(service)).environment),
            self._incidents(conn, service),
            store.verdicts_of(conn, service),
            left,
            now=now,
            window=settings.window,
            stable_after=settings.stable_after,
        )
        target, why = target_of(versions)
        newest = versions[0] if versions else None
        return Standing(
            versions=versions,
            target=target,
            no_target=why,
            deployed=now - newest.since if newest and not newest.rolled_back else None,
            at_risk=at_risk(changes, target) if target else "",
        )

    def pick(self, conn: Connection, service: str, to: str) -> Picked:
        """The version to go back to. Raises Invalid for one that is not known to be stable."""
        found = self.of(conn, service)
        current = found.versions[0].version if found.versions else ""
        if not to:
            if found.target is None:
                raise Invalid(
                    found.no_target,
                    field="to",
                    fix="`tocsin rollout versions` shows them; confirm one that is.",
                )
            return Picked(current=current, target=found.target)
        if to == current:
            raise Invalid(f"{to} stands already", field="to", fix="Name another version.")
        named = next((each for each in found.versions if each.version == to), None)
        if named is None:
            raise NotFound(
                f"no deploy of {service} has told of version {to}",
                field="to",
                fix="`tocsin rollout versions` shows those that are known.",
            )
        if not named.good:
            raise Invalid(
                f"{to} is not known to be stable: {named.standing}",
                field="to",
                fix=f"If you know that it is: tocsin rollout confirm {service} {to}",
            )
        return Picked(current=current, target=named)

    def judge(self, service: str, version: str, *, stable: bool, why: str, actor: str) -> Verdict:
        """Somebody's word on a version, which counts more than the record. Raises NotFound."""
        yard = self._yard

        def job(conn: Connection) -> Verdict:
            if not any(each.version == version for each in self.of(conn, service).versions):
                raise NotFound(
                    f"no deploy of {service} has told of version {version}",
                    field="version",
                    fix="`tocsin rollout versions` shows those that are known.",
                )
            new = Verdict(
                service=service, version=version, stable=stable, by=actor, at=yard.clock.now(), why=why
            )
            store.put_verdict(conn, new)
            return new

        return yard.store.write(job)

    def _incidents(self, conn: Connection, service: str) -> list[Began]:
        """The loud ones: a full disk at level P3 says nothing of a version."""
        yard = self._yard
        found: list[Began] = []
        for each in yard.incidents.list(conn, service=service, limit=_MOST):
            level = yard.policies().policy(each.policy).levels.get(each.severity)
            if each.outcome != FALSE_ALARM and (level is None or level.urgency in _LOUD):
                found.append(Began(id=each.id, at=each.started_at))
        return found
