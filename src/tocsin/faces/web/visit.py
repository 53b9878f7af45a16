"""Who asks for a page, with what, and how is it answered? One request as the pages see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tocsin.faces.web import security
from tocsin.faces.web.context import Context
from tocsin.faces.web.speech import Speech
from tocsin.faces.web.templates import render_page
from tocsin.ground.accounts import NOBODY, Identity, Permission, allowed
from tocsin.ground.catalogue import UNASSIGNED
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Unavailable

_UNASSIGNED = N_("Unassigned")


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request of one reader, parsed; pages are functions from it to a response.

    What a person typed and what proves who they are is never part of its text, which may end in a log.
    """

    context: Context
    identity: Identity
    speech: Speech
    path: str
    parts: Mapping[str, str]
    query: QueryParams
    form: Mapping[str, str] = field(repr=False)
    address: str
    theme: str = "auto"
    nonce: str = ""
    form_key: str = field(default="", repr=False)
    notice: str = ""
    session: str = field(default="", repr=False)
    secure: bool = False
    authorization: str = field(default="", repr=False)
    new_cookies: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    def may(self, permission: str) -> bool:
        return allowed(self.identity, permission)

    @property
    def bearer(self) -> Identity:
        """Whom the token of the request stands for. Pages go by the session; programs that read come with this."""
        scheme, _, plain = self.authorization.partition(" ")
        known = self.context.accounts.token(plain.strip()) if scheme.lower() == "bearer" else None
        return known or NOBODY

    @property
    def may_respond(self) -> bool:
        return self.may(Permission.RESPOND)

    @property
    def may_operate(self) -> bool:
        return self.may(Permission.OPERATE)

    @property
    def may_approve(self) -> bool:
        return self.may(Permission.APPROVE)

    @property
    def may_admin(self) -> bool:
        return self.may(Permission.ADMIN)

    @property
    def to_approve(self) -> int:
        """So many requests wait for this reader's yes."""
        if not (self.may_operate or self.may_approve):
            return 0
        try:
            with self.context.store.read() as conn:
                waiting = self.context.runs.requests(conn)
        except Unavailable:  # the page that says so has this count, too
            return 0
        return sum(not each.hindrance(self.identity, self.speech.now) for each in waiting)

    def service(self, name: str) -> str:
        """What a service is called."""
        if name == UNASSIGNED:
            return self.speech.text(_UNASSIGNED)
        return self.speech.told(self.context.catalogue().service(name).title) or name

    def page(self, template: str, /, *, status: int = 200, **data: object) -> Response:
        """The template as a whole page; `visit`, `speech` and `_` are known in it."""
        html = render_page(template, visit=self, speech=self.speech, _=self.speech.text, **data)
        return HTMLResponse(html, status_code=status)

    def go(self, target: str, notice: str = "") -> Response:
        """After a POST: on to a page of ours, which shows `notice` (a name of `notices.NOTICES`) once."""
        response = RedirectResponse(security.local_path(target), status_code=303)
        if notice:
            self.remember(response, security.NOTICE_COOKIE, notice, seconds=60)
        return response

    def remember(self, response: Response, cookie: str, value: str, *, seconds: int) -> None:
        response.set_cookie(
            cookie, value, max_age=seconds, httponly=True, samesite="lax", secure=self.secure, path="/"
        )

    def forget(self, response: Response, cookie: str) -> None:
        response.delete_cookie(cookie, path="/", httponly=True, samesite="lax", secure=self.secure)
