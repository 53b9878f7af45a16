"""May this step run? Votes on what runs have asked for, bound to the text exactly as it will run."""

from __future__ import annotations

from fastapi import Request

from tocsin.faces.api.answers import Body, Name, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.faces.api.runs import RunAnswer, run_answer
from tocsin.ground.accounts import Identity, Permission
from tocsin.ground.kernel.errors import Denied
from tocsin.respond.runbooks.store import Approval

routes = Routes("approvals")


class Vote(Body):
    """A *destroy* needs a reason."""

    reason: Prose = ""


@routes.get("/approvals/{approval}", permission=Permission.READ, summary="What is to be approved")
def get_approval(request: Request, approval: Name) -> Approval:
    context = context_of(request)
    with context.store.read() as conn:
        return context.runs.approval(conn, approval)


@routes.post(
    "/approvals/{approval}/approve",
    permission=Permission.OPERATE,
    alternative=Permission.APPROVE,
    summary="Say yes",
)
def approve(request: Request, approval: Name, body: Vote) -> RunAnswer:
    """Nobody approves a *destroy* of their own; a token needs the scope `approve` for it."""
    who = identity_of(request)
    _check_token(get_approval(request, approval), who)
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


def _check_token(approval: Approval, who: Identity) -> None:
    """A program may destroy only if somebody made its token for just that."""
    if approval.level == "destroy" and who.kind == "token" and Permission.APPROVE not in who.scopes:
        raise Denied(
            "this token was not made to approve what destroys",
            fix="Approve on the page, or make one: tocsin token create --role approver --scope approve.",
        )
