"""Who is called now, until when, and who comes next?"""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid

pages = Pages()


@pages.get("/oncall", Permission.READ)
def show(visit: Visit) -> Response:
    catalogue = visit.context.catalogue()
    me = visit.identity.person
    return visit.page(
        "oncall.html",
        duties=visit.context.oncall.now(),
        people=[(name, person) for name, person in catalogue.people.items()],
        me=me if me in catalogue.people else None,
    )


@pages.post("/oncall/test-page", Permission.READ)
def test_page(visit: Visit) -> Response:
    """Only to oneself: nobody is woken by somebody else's curiosity."""
    me = visit.identity.person
    if me is None or me not in visit.context.catalogue().people:
        raise Invalid(
            N_("Your account belongs to nobody under people:, so there is no way to page you."),
            fix=N_("Add yourself under people: in tocsin.yaml, then `tocsin account person NAME PERSON`."),
        )
    visit.context.escalations.test_page(me, visit.identity.actor)
    return visit.go("/oncall", notice="tested")
