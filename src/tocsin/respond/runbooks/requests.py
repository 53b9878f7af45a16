"""What must somebody know before they say yes? A request with its place, its votes, and for whom it runs.

Pages, API, terminal and chat all show this one record, so that nobody decides by a smaller picture than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tocsin.ground.accounts import Identity
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import TocsinError
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.approvals import Approval, judge
from tocsin.respond.runbooks.votes import Vote, of_all, voter_of

ONLY_ON_THE_PAGE = N_("It destroys something, so it is approved on the page, after signing in again.")
"""What whoever reads of a request elsewhere is told where it needs four eyes."""
_VOTED = N_("You have said yes. Somebody else has to look at it, too.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """`kind` and `worker` are those of the place as it is configured now; `kind` is empty where nothing is."""

    approval: Approval
    runbook: str
    service: str
    incident: str | None
    kind: str
    worker: str
    votes: tuple[Vote, ...]

    @property
    def given(self) -> int:
        """So many have said yes."""
        return sum(each.yes for each in self.votes)

    @property
    def four_eyes(self) -> bool:
        """Must it be somebody else than who asked?"""
        return self.approval.level == "destroy"

    def is_open(self, now: datetime) -> bool:
        """Can it still be answered? One whose time is over cannot, also before its timer has said so."""
        expires = self.approval.expires_at
        return self.approval.state == "asked" and (expires is None or expires > now)

    def hindrance(self, who: Identity, now: datetime) -> str:
        """Why `who` may not decide it, in plain words; empty where they may."""
        try:
            judge(self.approval, who, now)
        except TocsinError as error:
            return error.message
        return _VOTED if any(each.voter == voter_of(who) for each in self.votes) else ""


def requests_of(
    conn: Connection, approvals: Sequence[Approval], catalogue: CatalogueSection
) -> list[Request]:
    """What belongs to these requests, in their order."""
    if not approvals:  # as on nearly every page, which all ask
        return []
    runs = store.runs_of(conn, {each.run for each in approvals})
    votes = of_all(conn, [each.id for each in approvals])
    found: list[Request] = []
    for each in approvals:
        run = runs[each.run]
        target = catalogue.service(run.service).targets.get(each.place) if each.place else None
        found.append(
            Request(
                approval=each,
                runbook=run.title,
                service=run.service,
                incident=run.incident,
                kind=target.kind if target else "",
                worker=(target.worker or "") if target else "",
                votes=tuple(votes.get(each.id, ())),
            )
        )
    return found
