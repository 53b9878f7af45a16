"""May this step run? Votes on what runs have asked for, bound to the text exactly as it will run."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Limit, Moment, Name, Page, Prose
from tocsin.faces.api.approval_answer import ApprovalAnswer, approval_answer
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.faces.api.runs import RunAnswer, run_answer
from tocsin.ground.accounts import Identity, Permission
from tocsin.ground.kernel.errors import Conflict, Denied
from tocsin.respond.runbooks.approvals import Approval
from tocsin.respond.runbooks.requests import Request as Asked
from tocsin.respond.runbooks.votes import Vote as Given

routes = Routes("approvals")
DECIDED_WITHIN = timedelta(days=7)


class Vote(Body):
    """A *destroy* needs a reason. `text_hash`: what the vote is on; another text is not approved by it."""

    reason: Prose = ""
    text_hash: Name | None = None


@routes.get("/approvals", permission=Permission.READ, summary="What waits for somebody's yes")
def list_approvals(
    request: Request,
    decided: Annotated[bool, Query(description="Instead, what was decided, the newest first.")] = False,
    mine: Annotated[bool, Query(description="Only what you may decide.")] = False,
    since: Annotated[
        Moment | None, Query(description="Of what was decided: since then. Else 7 days.")
    ] = None,
    limit: Limit = 50,
) -> Page[ApprovalAnswer]:
    """The requests that can still be answered, the oldest first."""
    context = context_of(request)
    who, now = identity_of(request), context.clock.now()
    with context.store.read() as conn:
        if decided:
            found = context.runs.decided(conn, since or now - DECIDED_WITHIN, limit)
        else:
            found = context.runs.requests(conn)
    shown = [each for each in found if decided or not mine or not each.hindrance(who, now)]
    return Page(items=[approval_answer(each) for each in shown[:limit]], next=None)


@routes.get("/approvals/{approval}", permission=Permission.READ, summary="What is to be approved")
def get_approval(request: Request, approval: Name) -> ApprovalAnswer:
    return approval_answer(_asked(request, approval))


@routes.get("/approvals/{approval}/votes", permission=Permission.READ, summary="Who said what to it")
def list_votes(request: Request, approval: Name) -> list[Given]:
    """One a person, never changed; the request holds once as many have said yes as its `quorum`."""
    context = context_of(request)
    with context.store.read() as conn:
        return context.runs.votes(conn, context.runs.approval(conn, approval).id)


@routes.post(
    "/approvals/{approval}/approve",
    permission=Permission.OPERATE,
    alternative=Permission.APPROVE,
    summary="Say yes",
)
def approve(request: Request, approval: Name, body: Vote) -> RunAnswer:
    """Nobody approves a *destroy* of their own; a token needs the scope `approve` for it."""
    who = identity_of(request)
    asked = _asked(request, approval).approval
    _check_token(asked, who)
    _check_text(asked, body)
    return run_answer(context_of(request).runs.approve(approval, who, body.reason))


@routes.post(
    "/approvals/{approval}/deny",
    permission=Permission.OPERATE,
    alternative=Permission.APPROVE,
    summary="Say no: the step does not run",
)
def deny(request: Request, approval: Name, body: Vote) -> RunAnswer:
    who = identity_of(request)
    _check_token(_asked(request, approval).approval, who)
    return run_answer(context_of(request).runs.deny(approval, who, body.reason))


def _asked(request: Request, approval: str) -> Asked:
    context = context_of(request)
    with context.store.read() as conn:
        return context.runs.request(conn, approval)


def _check_text(approval: Approval, body: Vote) -> None:
    if body.text_hash not in (None, approval.text_hash):
        raise Conflict("another text than the one you looked at would run", fix="Look at the request again.")


def _check_token(approval: Approval, who: Identity) -> None:
    """A program may destroy only if somebody made its token for just that."""
    if approval.level == "destroy" and who.kind == "token" and Permission.APPROVE not in who.scopes:
        raise Denied(
            "this token was not made to approve what destroys",
            fix="Approve on the page, or make one: tocsin token create --role approver --scope approve.",
        )
