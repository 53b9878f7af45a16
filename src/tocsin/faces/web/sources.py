"""Who sends alerts, do they get through, and if not, why? Keys with their health, and what came by each of them."""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.source_health import OUTCOMES, told_to_sender, views_of
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Key, Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.render import render
from tocsin.sense.intake import Received, Source, every_source

pages = Pages()
_UNKNOWN_KEY = "YOUR-KEY"
_EXAMPLE_HOST = "tocsin.example.com"
_KEY = re.compile(r"\bKEY\b")


@pages.get("/sources", Permission.READ)
def listing(visit: Visit) -> Response:
    keys = visit.context.accounts.keys()
    live = [key for key in keys if key.revoked_at is None]
    with visit.context.store.read() as conn:
        views = views_of(conn, visit.context.mailbook, live, visit.speech)
    return visit.page(
        "sources.html",
        views=sorted(views, key=lambda each: each.key.name.casefold()),
        titles=titles(),
        beats=sorted(visit.context.heartbeats.list(), key=lambda each: (each.name or each.slug).casefold()),
        revoked=sum(key.revoked_at is not None for key in keys),
    )


@pages.get("/sources/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    key = key_of(visit)
    with visit.context.store.read() as conn:
        (view,) = views_of(conn, visit.context.mailbook, [key], visit.speech)
    source = sources().get(key.kind)
    return visit.page(
        "source.html",
        view=view,
        key=key,
        title=source.title if source else key.kind,
        manual=manual(visit, source) if source else "",
        deliveries=visit.context.mailbook.latest(key.id),
        outcomes=OUTCOMES,
        told=told_to_sender,
    )


@pages.get("/sources/{id}/deliveries/{delivery}", Permission.READ)
def delivery(visit: Visit) -> Response:
    key = key_of(visit)
    received = _delivery(visit, key)
    return visit.page(
        "delivery.html",
        key=key,
        received=received,
        mark=OUTCOMES[received.outcome],
        told=told_to_sender(received.answer),
    )


@pages.post("/sources/{id}/deliveries/{delivery}/replay", Permission.OPERATE)
def replay(visit: Visit) -> Response:
    """Sends it again as it came; what follows is a delivery of its own."""
    key = key_of(visit)
    _delivery(visit, key)
    visit.context.replay(visit.parts["delivery"])
    return visit.go(f"/sources/{key.id}", notice="replayed")


@pages.post("/sources/{id}/revoke", Permission.ADMIN)
def revoke(visit: Visit) -> Response:
    key = key_of(visit)
    visit.context.accounts.key_revoke(key.id)
    return visit.go("/sources", notice="revoked")


def key_of(visit: Visit) -> Key:
    """The key that the address names. Raises NotFound."""
    found = visit.context.accounts.key_by_id(visit.parts["id"])
    if found is None:
        raise NotFound(N_("There is no such source."), fix=N_("The list of sources shows those that are."))
    return found


def _delivery(visit: Visit, key: Key) -> Received:
    received = visit.context.mailbook.get(visit.parts["delivery"])
    if received.key != key.id:
        raise NotFound(N_("There is no such source."), fix=N_("The list of sources shows those that are."))
    return received


@cache
def sources() -> dict[str, Source]:
    """Every kind of source, by what it is called in keys."""
    return every_source()


def titles() -> dict[str, str]:
    return {kind: each.title for kind, each in sources().items()}


def manual(visit: Visit, source: Source, key: str = _UNKNOWN_KEY) -> Markup:
    """The manual page of a kind of source, with the address of this installation and, where it is known, the key."""
    base = visit.context.catalogue().public_url.rstrip("/")
    text = inspect.getdoc(sys.modules[type(source).__module__]) or source.title
    parts = urlsplit(base)
    text = text.replace(f"https://{_EXAMPLE_HOST}", base).replace("URL/in/", f"{base}/in/")
    text = text.replace(f"{_EXAMPLE_HOST}:9911", parts.netloc).replace(_EXAMPLE_HOST, parts.hostname or "")
    return render(_KEY.sub(key, text), top=3)
