"""May this step run? Votes on what runs have asked for, bound to the text exactly as it will run."""

from __future__ import annotations

from fastapi import Request

from tocsin.faces.api.answers import Body, Name, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.faces.api.runs import RunAnswer, run_answer
from tocsin.ground.accounts import Identity, Permission
from tocsin.ground.kernel.errors import Conflict, Denied
from tocsin.respond.runbooks.store import Approval
from tocsin.respond.runbooks.votes import Vote as Given

routes = Routes("approvals")


class Vote(Body):
    """A *destroy* needs a reason. `text_hash`: what the vote is on; another text is not approved by it."""

    reason: Prose = ""
    text_hash: Name | None = None


@routes.get("/approvals", permission=Permission.READ, summary="What waits for somebody's yes")
def list_approvals(request: Request) -> list[Approval]:
    """The requests that can still be answered, the oldest first."""
    context = context_of(request)
    now = context.clock.now()
    with context.store.read() as conn:
        asked = context.runs.approvals(conn, states=("asked",))
    return [each for each in asked if each.expires_at is None or each.expires_at > now]


@routes.get("/approvals/{approval}", permission=Permission.READ, summary="What is to be approved")
def get_approval(request: Request, approval: Name) -> Approval:
    context = context_of(request)
    with context.store.read() as conn:
        return context.runs.approval(conn, approval)


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
    asked = get_approval(request, approval)
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
    _check_token(get_approval(request, approval), who)
    return run_answer(context_of(request).runs.deny(approval, who, body.reason))


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
