"""Who has to say yes before a step runs, and may this person? Rules over records; the votes stand in `store.py`.

What a mode lets through: *read* always in guided mode, up to the allowed level in automatic mode. *Change*
beyond that takes a press (guided) or a vote (automatic); *destroy* always takes the vote of somebody with the right to
approve who is not the one who asked. A vote is bound to the hash of text and values exactly as they will run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from tocsin.ground.accounts import Identity, Permission, allowed
from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.errors import Conflict, Denied
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.rehearsal import READ_THROUGH, is_drill

OPERATOR = "operator"
APPROVER = "approver"
_RANK = {"none": 0, "read": 1, "change": 2, "destroy": 3}
_VOTED = frozenset({APPROVER, "admin"})
"""Roles above the operator, whose yes is a vote even where an operator presses each step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """`vote`: an approval row that a person of `role` decides; else a press of whoever leads the run."""

    vote: bool
    role: str
    four_eyes: bool = False


def need_of(step: PlannedStep, mode: str, allowed_level: str) -> Need | None:
    """Whose yes this step needs in this mode; None where it may just run."""
    if is_drill(mode):
        return Need(vote=False, role=OPERATOR) if mode == READ_THROUGH else None
    marked = step.approve if step.approve != "none" else None
    if step.level == "destroy":
        return Need(vote=True, role=marked or APPROVER, four_eyes=True)
    if step.approvals > 1:  # a press is one person's; this step's author wants several
        return Need(vote=True, role=marked or OPERATOR)
    if mode == "guided":
        if marked in _VOTED:
            return Need(vote=True, role=marked)
        return Need(vote=False, role=OPERATOR) if marked or step.level == "change" else None
    if marked:
        return Need(vote=True, role=marked)
    offered = step.option and step.level == "change" and step.approve != "none"
    if offered or _RANK[step.level] > _RANK[allowed_level]:
        return Need(vote=True, role=OPERATOR)
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """A question to a person about one text, and the answer once it is there. Answers are never changed."""

    id: str
    run: str
    step: str
    step_id: str
    title: str
    text: str
    text_hash: str
    level: str
    role: str
    kind: str  # approval | press
    requested_by: str
    requested_at: datetime
    expires_at: datetime | None
    state: str  # asked | given | denied | expired | used
    by: str | None
    decided_at: datetime | None
    reason: str
    quorum: int = 1  # so many people have to say yes
    inputs: dict[str, str] = field(default_factory=dict[str, str])  # the values that the text will see
    place: str = ""  # the target on which it will run; empty: this machine

    @classmethod
    def from_row(cls, row: Row[Any]) -> Approval:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's documented accessor


def judge(approval: Approval, who: Identity, now: datetime) -> None:
    """Raises where `who` may not decide this, or where there is nothing to decide any more."""
    if approval.state != "asked":
        raise Conflict(
            sentence(N_("this was already decided: {state}"), state=approval.state),
            fix=N_("Look at the run again."),
        )
    if approval.expires_at and approval.expires_at <= now:
        raise Conflict(N_("this request has expired"), fix=N_("Let the run ask again."))
    needed = (
        Permission.APPROVE if approval.level == "destroy" or approval.role in _VOTED else Permission.OPERATE
    )
    if not allowed(who, needed):
        raise Denied(
            sentence(N_("this needs the role {role}"), role=approval.role),
            fix=sentence(N_("Ask somebody with the role {role}."), role=approval.role),
        )
    if approval.role == "admin" and who.role != "admin":
        raise Denied(N_("this needs an admin"), fix=N_("Ask an admin."))
    if approval.level == "destroy" and who.kind == "token" and Permission.APPROVE not in who.scopes:
        raise Denied(
            N_("this token may not approve what destroys"),
            fix=N_("Use one with the scope approve, or the page."),
        )
    if approval.level == "destroy" and approval.requested_by in names_of(who):
        raise Denied(N_("nobody approves their own request"), fix=N_("A second person has to look at it."))


def names_of(who: Identity) -> frozenset[str]:
    """Every actor text behind which the same person may stand: their token is no second pair of eyes."""
    return frozenset({who.actor, f"person:{who.person}"} if who.person else {who.actor})
