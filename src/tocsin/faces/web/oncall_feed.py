"""When am I on call, in the calendar of my phone? Addresses that hold a secret, each for one rota or one person.

Whoever has the address may read, so it is shown once, kept as a hash like every key, and ends when it is revoked or
when the account that made it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import CALENDAR, Account, Identity, Key, Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Denied, NotFound
from tocsin.respond.oncall import calendar_feed

pages = Pages()
_NOTHING = N_("This address leads to no calendar.")
_NOTHING_FIX = N_("It may have been revoked. Make another one on the page of the schedule.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """An address that is in use. Whose it is, but not what it is: that was shown once."""

    id: str
    account: str
    created_at: datetime


def feeds_of(visit: Visit, about: str) -> list[Feed]:
    """The live addresses of `schedule:NAME` or `person:NAME` that the reader may end: their own, an admin's all."""
    return [
        Feed(id=each.id, account=str(each.settings.get("account")), created_at=each.created_at)
        for each in visit.context.accounts.calendars()
        if each.revoked_at is None and each.settings.get("about") == about and _may_end(visit.identity, each)
    ]


@pages.post("/oncall/feeds", Permission.READ)
def make(visit: Visit) -> Response:
    """Shows the address, this once."""
    about = visit.form.get("about", "")
    title, back = _subject(visit, about)
    settings = {"about": about, "account": visit.identity.name}
    plain = visit.context.accounts.key_create(CALENDAR, about, None, settings)
    base = visit.context.catalogue().public_url.rstrip("/")
    address = f"{base}/oncall/calendar/{quote(plain)}.ics"
    return visit.page(
        "oncall_feed.html",
        title=title,
        back=back,
        address=address,
        webcal=f"webcal://{urlsplit(address).netloc}{urlsplit(address).path}",
    )


@pages.post("/oncall/feeds/{id}/revoke", Permission.READ)
def revoke(visit: Visit) -> Response:
    key = visit.context.accounts.key_by_id(visit.parts["id"])
    if key is None or key.kind != CALENDAR:
        raise NotFound(_NOTHING, fix=_NOTHING_FIX)
    if not _may_end(visit.identity, key):
        raise Denied(N_("This address is somebody else's."), fix=N_("Ask them, or an admin."))
    visit.context.accounts.key_revoke(key.id)
    return visit.go(_back(str(key.settings.get("about"))), notice="feed-revoked")


@pages.get("/oncall/calendar/{key}.ics", Permission.PUBLIC)
def feed(visit: Visit) -> Response:
    """The calendar itself, for whoever knows the address; in the language of who made it."""
    key = visit.context.accounts.calendar(visit.parts["key"])
    account = _owner(visit, key) if key else None
    if key is None or account is None:
        raise NotFound(_NOTHING, fix=_NOTHING_FIX)
    about = str(key.settings.get("about"))
    title, back = _subject(visit, about)
    kind, _, name = about.partition(":")
    oncall, known = visit.context.oncall, visit.context.rota()
    tables = {each: oncall.timetable(each) for each in known.schedules if kind == "person" or each == name}
    reader = known.people.get(account.person or "")
    base = visit.context.catalogue().public_url.rstrip("/")
    body = calendar_feed.ics(
        calendar_feed.entries(tables, visit.speech.now, name if kind == "person" else None),
        name=title,
        at=visit.speech.now,
        host=urlsplit(base).hostname or "tocsin",
        people=visit.speech.people,
        url=f"{base}{back}",
        language=account.language or (reader and reader.language) or visit.context.catalogue().language,
    )
    return Response(body, media_type="text/calendar; charset=utf-8")


def _subject(visit: Visit, about: str) -> tuple[str, str]:
    """What a feed is called, and the page where it is made. Raises NotFound."""
    kind, _, name = about.partition(":")
    schedules = visit.context.rota().schedules
    if kind == "schedule" and name in schedules:
        return schedules[name].title or name, _back(about)
    if kind == "person" and name in visit.speech.people:
        return visit.speech.people[name], _back(about)
    raise NotFound(_NOTHING, fix=_NOTHING_FIX)


def _back(about: str) -> str:
    kind, _, name = about.partition(":")
    return f"/oncall/schedules/{quote(name)}" if kind == "schedule" else f"/oncall/people/{quote(name)}"


def _may_end(identity: Identity, key: Key) -> bool:
    return identity.role == "admin" or key.settings.get("account") == identity.name


def _owner(visit: Visit, key: Key) -> Account | None:
    """Whose address it is; nobody's once the account is gone."""
    name = key.settings.get("account")
    return next((each for each in visit.context.accounts.everyone() if each.name == name), None)
