"""How does the first account come to be? By the link that the server printed when it started."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web import security
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.accounts.accounts import SESSION_LIFE
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, NotFound

pages = Pages()


@pages.get("/setup/{token}", Permission.PUBLIC)
def show(visit: Visit) -> Response:
    if not visit.context.accounts.set_up_is_open(visit.parts["token"]):
        raise NotFound(
            N_("This set-up link was used or has expired."),
            fix=N_("Start Tocsin again for a new link, or run `tocsin account reset NAME`."),
        )
    return _page(visit)


@pages.post("/setup/{token}", Permission.PUBLIC, by_link=True)
def make(visit: Visit) -> Response:
    accounts = visit.context.accounts
    name, password = visit.form.get("name", ""), visit.form.get("password", "")
    person = visit.form.get("person", "")
    known = person if person in visit.context.catalogue().people else None
    try:
        accounts.set_up(visit.parts["token"], name, password, known)
    except Invalid as error:
        say = visit.speech.text
        return _page(
            visit, name=name, person=person, problem=f"{say(error.message)} {say(error.fix)}", status=422
        )
    response = visit.go("/", notice="welcome")
    session = accounts.sign_in(name, password, visit.address)
    visit.remember(response, security.SESSION_COOKIE, session, seconds=int(SESSION_LIFE.total_seconds()))
    return response


def _page(
    visit: Visit, *, name: str = "", person: str = "", problem: str = "", status: int = 200
) -> Response:
    people = [(key, each.name) for key, each in visit.context.catalogue().people.items()]
    options = [*people, ("", visit.speech.text(N_("None of them")))] if people else []
    return visit.page("set_up.html", status=status, name=name, person=person, problem=problem, people=options)
