"""What is done with many alerts at once? Those that were ticked, or all that a filter finds, said with their number."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.silences import PICK
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import mark_of_alert
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.sense.alerts import Alert, get_many
from tocsin.sense.alerts.find import Search
from tocsin.sense.alerts.query import parse_query

pages = Pages()
MOST = 500
_SHOWN = 8
_NONE = N_("No alert is chosen.")
_CHOOSE = N_("Go back and tick some, or filter them.")
_MOVED = N_("Other alerts fit now than when you looked.")
_LOOK_AGAIN = N_("Look at the number again, then decide.")


@pages.get("/alerts/mark", Permission.RESPOND)
def ask(visit: Visit) -> Response:
    """How many are meant, and which: nothing is marked by opening this."""
    query = visit.query
    picked = [name.removeprefix(PICK) for name in query if name.startswith(PICK)]
    return _ask(visit, picked, query.get("q", ""))


@pages.post("/alerts/mark", Permission.RESPOND)
def mark(visit: Visit) -> Response:
    """Says of each what was asked. Of a filter only as many as the page said: more would be a surprise."""
    form = visit.form
    picked = [name.removeprefix(PICK) for name in form if name.startswith(PICK)]
    text = form.get("q", "")
    with visit.context.store.read() as conn:
        chosen = _chosen(conn, picked, text)
    if not chosen:
        raise Invalid(_NONE, fix=_CHOOSE)
    if text and str(len(chosen)) != form.get("count"):
        raise Conflict(_MOVED, fix=_LOOK_AGAIN)
    for alert in chosen:
        visit.context.incidents.mark_alert(
            alert.id, form.get("mark", ""), form.get("why", ""), visit.identity.actor
        )
    return visit.go("/alerts", notice="marked-many")


def _ask(visit: Visit, picked: list[str], text: str) -> Response:
    with visit.context.store.read() as conn:
        chosen = _chosen(conn, picked, text)
    if not chosen:
        raise Invalid(_NONE, fix=_CHOOSE)
    return visit.page(
        "alerts_mark.html",
        chosen=[
            (each, mark_of_alert(each.state, each.labels.get("severity", ""))) for each in chosen[:_SHOWN]
        ],
        count=len(chosen),
        most=MOST,
        picked=picked if not text else [],
        text=text,
    )


def _chosen(conn: Connection, picked: list[str], text: str) -> list[Alert]:
    """The alerts that are meant, at most 500."""
    if text:
        return Search(conn, parse_query(text), state="firing").page(MOST)
    return list(get_many(conn, picked[:MOST]).values())
