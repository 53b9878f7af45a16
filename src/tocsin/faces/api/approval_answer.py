"""In which shape is a request for approval told? The same alone, in the list, and with its run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.respond.runbooks.requests import Request
from tocsin.respond.runbooks.votes import Vote


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalAnswer:
    """A question about one text, and its answer once there is one. Show whoever decides all of it.

    `text` runs with the values `inputs`, on the target `place` of the service (of the kind `place_kind`; at a worker
    with the label `worker`); empty: on the machine of Tocsin. `quorum` people have to say yes, `given` have. With
    `four_eyes` none of them is who asked. `state`: asked, given, denied, expired, used.
    """

    id: str
    run: str
    runbook: str
    incident: str | None
    service: str
    step: str
    title: str
    text: str
    text_hash: str
    inputs: dict[str, str]
    place: str
    place_kind: str
    worker: str
    level: str
    role: str
    four_eyes: bool
    quorum: int
    given: int
    votes: list[Vote]
    requested_by: str
    requested_at: datetime
    expires_at: datetime | None
    state: str
    by: str | None
    decided_at: datetime | None
    reason: str


def approval_answer(request: Request) -> ApprovalAnswer:
    """The request as the API tells it."""
    approval = request.approval
    return ApprovalAnswer(
        id=approval.id,
        run=approval.run,
        runbook=request.runbook,
        incident=request.incident,
        service=request.service,
        step=approval.step,
        title=approval.title,
        text=approval.text,
        text_hash=approval.text_hash,
        inputs=approval.inputs,
        place=approval.place,
        place_kind=request.kind,
        worker=request.worker,
        level=approval.level,
        role=approval.role,
        four_eyes=request.four_eyes,
        quorum=approval.quorum,
        given=request.given,
        votes=list(request.votes),
        requested_by=approval.requested_by,
        requested_at=approval.requested_at,
        expires_at=approval.expires_at,
        state=approval.state,
        by=approval.by,
        decided_at=approval.decided_at,
        reason=approval.reason,
    )
