"""Which versions of a service were in place, and which of them may be gone back to?

What was told of deploys and roll backs, in their order. A version is stable when somebody confirmed it, or when it ran
long enough and no incident began soon after it was put in place; one that was rolled back from is not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import reason
from tocsin.respond.rollout.store import Verdict
from tocsin.sense.changes import ChangeRecord

PLACING: Final = ("deploy", "rollback")
"""Kinds of changes that put a version in place."""
Standing = Literal["confirmed", "stable", "unproven", "troubled", "refused"]
GOOD: Final[tuple[Standing, ...]] = ("confirmed", "stable")
STANDINGS: Final[Mapping[str, str]] = {
    "confirmed": N_("confirmed"),
    "stable": N_("ran well"),
    "unproven": N_("not proven"),
    "troubled": N_("an incident followed"),
    "refused": N_("not to go back to"),
}
_ALREADY = reason(N_("it has been rolled back already, to {version}"))
_NO_VERSION = N_("no deploy has told its version")
_NOTHING_BEFORE = N_("no version before this one is known")
_NONE_STABLE = N_("no version before this one is confirmed to be stable")
_MIGRATED = reason(N_("since {version} ran, the data was migrated: {title}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version as it stood from `since` to `until` (None: it stands now). `incidents` began soon after `since`.

    `by` and `why` are of who judged it; `rolled_back` where it came by a roll back.
    """

    version: str
    title: str
    url: str
    deployed_by: str
    since: datetime
    until: datetime | None
    rolled_back: bool
    standing: Standing
    incidents: tuple[str, ...] = ()
    by: str = ""
    why: str = ""

    @property
    def good(self) -> bool:
        return self.standing in GOOD


@dataclass(frozen=True, kw_only=True, slots=True)
class Began:
    """An incident that may speak against a version."""

    id: str
    at: datetime


def placings(changes: Sequence[ChangeRecord], environment: str) -> list[ChangeRecord]:
    """The changes that put a version in place there, the newest first, of changes in that order."""
    here = ("", environment.casefold())
    return [
        each
        for each in changes
        if each.kind in PLACING
        and each.state == "succeeded"
        and each.version
        and each.environment.casefold() in here
    ]


def versions_of(
    placed: Sequence[ChangeRecord],
    incidents: Sequence[Began],
    verdicts: Mapping[str, Verdict],
    left: Collection[str],
    *,
    now: datetime,
    window: timedelta,
    stable_after: timedelta,
) -> tuple[Version, ...]:
    """The versions, that which stands now in front. `left` are those that were rolled back from.

    A deploy of what stands already is no new version.
    """
    stints: list[tuple[ChangeRecord, datetime | None]] = []
    until: datetime | None = None
    for index, each in enumerate(placed):
        before = placed[index + 1] if index + 1 < len(placed) else None
        if before is not None and before.version == each.version:
            continue
        stints.append((each, until))
        until = each.at
    return tuple(
        _judge(
            each,
            until,
            incidents,
            verdicts.get(each.version),
            each.version in left,
            now,
            window,
            stable_after,
        )
        for each, until in stints
    )


def _judge(
    placed: ChangeRecord,
    until: datetime | None,
    incidents: Sequence[Began],
    verdict: Verdict | None,
    was_left: bool,
    now: datetime,
    window: timedelta,
    stable_after: timedelta,
) -> Version:
    end = min(until or now, placed.at + window)
    followed = tuple(each.id for each in incidents if placed.at <= each.at < end)
    standing: Standing
    if verdict is not None:
        standing = "confirmed" if verdict.stable else "refused"
    elif was_left:
        standing = "refused"
    elif followed:
        standing = "troubled"
    else:
        standing = "stable" if (until or now) - placed.at >= stable_after else "unproven"
    return Version(
        version=placed.version,
        title=placed.title,
        url=placed.url,
        deployed_by=placed.by,
        since=placed.at,
        until=until,
        rolled_back=placed.kind == "rollback",
        standing=standing,
        incidents=followed,
        by=verdict.by if verdict else "",
        why=verdict.why if verdict else "",
    )


def target_of(versions: Sequence[Version]) -> tuple[Version | None, str]:
    """Where a roll back goes: the newest good version before that which stands; else nowhere, and why."""
    if not versions:
        return None, _NO_VERSION
    current, *before = versions
    if current.rolled_back:
        return None, _ALREADY(version=current.version)
    if not before:
        return None, _NOTHING_BEFORE
    good = (each for each in before if each.good and each.version != current.version)
    found = next(good, None)
    return found, "" if found else _NONE_STABLE


def at_risk(changes: Sequence[ChangeRecord], target: Version) -> str:
    """What happened to the data since that version ran, so that it may not fit it any more; "" for nothing known."""
    since = target.until
    for each in changes:
        if since is not None and each.at < since - _JUST_BEFORE:
            break
        if "migration" in each.kind.casefold() and each.state != "cancelled":
            return _MIGRATED(version=target.version, title=each.title)
    return ""


_JUST_BEFORE = timedelta(minutes=15)
"""A migration is often made just before the deploy that needs it."""
