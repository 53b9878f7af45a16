"""Who are you? Signing in and out."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web import security
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.accounts.accounts import SESSION_LIFE
from tocsin.ground.kernel.errors import Unauthenticated

pages = Pages()


@pages.get("/sign-in", Permission.PUBLIC)
def show(visit: Visit) -> Response:
    if visit.identity.is_known:
        return visit.go(visit.query.get("next", "/"))
    return _page(visit, next=visit.query.get("next", "/"))


@pages.post("/sign-in", Permission.PUBLIC)
def sign_in(visit: Visit) -> Response:
    """A new session each time, and its own cookie: one that was there before is worth nothing."""
    name, target = visit.form.get("name", ""), visit.form.get("next", "/")
    try:
        session = visit.context.accounts.sign_in(name, visit.form.get("password", ""), visit.address)
    except Unauthenticated as error:
        return _page(visit, next=target, name=name, problem=visit.speech.text(error.message), status=401)
    response = visit.go(target)
    visit.remember(response, security.SESSION_COOKIE, session, seconds=int(SESSION_LIFE.total_seconds()))
    return response


@pages.post("/sign-out", Permission.PUBLIC)
def sign_out(visit: Visit) -> Response:
    if visit.session:
        visit.context.accounts.sign_out(visit.session)
    response = visit.go("/sign-in", notice="signed-out")
    visit.forget(response, security.SESSION_COOKIE)
    return response


def _page(visit: Visit, *, next: str, name: str = "", problem: str = "", status: int = 200) -> Response:  # noqa: A002 - named as the field of the form
    first = not visit.context.accounts.everyone()
    return visit.page(
        "sign_in.html", status=status, next=security.local_path(next), name=name, problem=problem, first=first
    )
