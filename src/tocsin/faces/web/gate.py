"""May they come in? Every route declares its permission here or does not exist.

A feature file has `pages = Pages()` and declares functions from Visit to Response. The gate makes routes of them: it
finds out who asks, checks where a POST comes from, asks for the permission, runs the function in a thread, turns errors
into pages in plain words and puts the security headers on everything that leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tocsin.faces.web import security
from tocsin.faces.web.context import Context
from tocsin.faces.web.errors import error_page
from tocsin.faces.web.speech import Speech
from tocsin.faces.web.visit import Visit
from tocsin.ground import i18n
from tocsin.ground.accounts import NOBODY, Identity, Permission, require
from tocsin.ground.kernel.errors import Malformed, TocsinError, TooLarge, Unauthenticated
from tocsin.ground.kernel.ids import new_token

Page = Callable[[Visit], Response]
_LARGEST_FORM = 64 * 1024
_MOST_FIELDS = 200
_VISITOR_LIFE_S = 86_400
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A page as declared. `by_link`: the secret in the address is the proof, so no form key is asked for."""

    path: str
    method: str
    permission: Permission
    page: Page
    by_link: bool = False


class Pages:
    """The pages of one feature."""

    def __init__(self) -> None:
        self.declared: list[Declared] = []

    def get(self, path: str, permission: Permission) -> Callable[[Page], Page]:
        """Declares what is read at `path`. It changes nothing: links are followed by scanners too."""
        return self._declare(path, "GET", permission, by_link=False)

    def post(self, path: str, permission: Permission, *, by_link: bool = False) -> Callable[[Page], Page]:
        """Declares an act at `path`, pressed on a page of ours."""
        return self._declare(path, "POST", permission, by_link=by_link)

    def _declare(
        self, path: str, method: str, permission: Permission, *, by_link: bool
    ) -> Callable[[Page], Page]:
        def declare(page: Page) -> Page:
            self.declared.append(
                Declared(path=path, method=method, permission=permission, page=page, by_link=by_link)
            )
            return page

        return declare


def routes(context: Context, features: Iterable[Pages]) -> list[Route]:
    """The routes of all declared pages."""
    return [
        Route(each.path, _Gate(context, each), methods=[each.method])
        for pages in features
        for each in pages.declared
    ]


class _Gate:
    """The endpoint of one declared page."""

    def __init__(self, context: Context, declared: Declared) -> None:
        self.context = context
        self.declared = declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        problem: TocsinError | None = None
        form: dict[str, str] = {}
        if self.declared.method == "POST":
            try:
                form = await _read_form(request)
            except ClientDisconnect:
                return
            except TocsinError as error:
                problem = error
        response = await run_in_threadpool(self._answer, request, form, problem)
        await response(scope, receive, send)

    def _answer(self, request: Request, form: Mapping[str, str], problem: TocsinError | None) -> Response:
        visit = visit_of(self.context, request, form)
        try:
            if problem:
                raise problem
            if self.declared.method == "POST":
                self._check_sender(request, visit)
            require(visit.identity, self.declared.permission)
            response = self.declared.page(visit)
        except Unauthenticated as error:
            response = self._send_to_sign_in(visit, error)
        except TocsinError as error:
            response = error_page(visit, error)
        except Exception:
            _log.exception("a page failed", path=self.declared.path)
            response = error_page(visit, TocsinError("internal"))
        return _finish(visit, response)

    def _check_sender(self, request: Request, visit: Visit) -> None:
        security.check_origin(request, self.context.catalogue().public_url)
        if not self.declared.by_link:
            cookie = visit.session or request.cookies.get(security.VISITOR_COOKIE, "")
            security.check_form_key(visit.form.get("form_key", ""), cookie)

    def _send_to_sign_in(self, visit: Visit, error: Unauthenticated) -> Response:
        if self.declared.permission == Permission.PUBLIC:
            return error_page(visit, error)
        target = visit.path if self.declared.method == "GET" else "/"
        if visit.query and self.declared.method == "GET":
            target += f"?{visit.query}"
        return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=303)


def plain_words(context: Context, request: Request, error: TocsinError) -> Response:
    """An error that no page of ours met, as a page."""
    visit = visit_of(context, request, {})
    return _finish(visit, error_page(visit, error))


def visit_of(context: Context, request: Request, form: Mapping[str, str]) -> Visit:
    """The request as pages see it: who, in which language, from where."""
    catalogue = context.catalogue()
    session = request.cookies.get(security.SESSION_COOKIE, "")
    identity = (context.accounts.session(session) if session else None) or NOBODY
    if not identity.is_known:
        session = ""
    visitor = request.cookies.get(security.VISITOR_COOKIE, "")
    new_cookies: dict[str, str] = {}
    if not session and not visitor:
        visitor = new_cookies[security.VISITOR_COOKIE] = new_token("vis")
    theme = request.cookies.get(security.THEME_COOKIE, "auto")
    return Visit(
        context=context,
        identity=identity,
        speech=_speech(context, request, identity),
        path=request.url.path,
        parts={name: str(value) for name, value in request.path_params.items()},
        query=request.query_params,
        form=form,
        address=request.client.host if request.client else "",
        theme=theme if theme in ("light", "dark") else "auto",
        nonce=security.new_nonce(),
        form_key=security.form_key(session or visitor),
        notice=request.cookies.get(security.NOTICE_COOKIE, ""),
        session=session,
        secure=catalogue.public_url.startswith("https:"),
        authorization=request.headers.get("authorization", ""),
        new_cookies=new_cookies,
    )


def _speech(context: Context, request: Request, identity: Identity) -> Speech:
    catalogue = context.catalogue()
    person = catalogue.people.get(identity.person or "")
    chosen = (
        request.cookies.get(security.LANGUAGE_COOKIE) or identity.language or (person and person.language)
    )
    return Speech(
        language=i18n.choose(chosen, request.headers.get("accept-language", ""), catalogue.language),
        zone=(person and person.time_zone) or catalogue.time_zone,
        now=context.clock.now(),
        people={name: each.name for name, each in catalogue.people.items()},
    )


def _finish(visit: Visit, response: Response) -> Response:
    for name, value in security.headers(visit.nonce).items():
        if name not in response.headers:
            response.headers[name] = value
    if response.headers.get("content-type", "").startswith("text/html"):
        for name, value in visit.new_cookies.items():
            visit.remember(response, name, value, seconds=_VISITOR_LIFE_S)
        if visit.notice:
            visit.forget(response, security.NOTICE_COOKIE)
    return response


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form; of a field sent twice the last counts. Only what a form of ours sends is taken."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise TooLarge("a form has at most 64 kB", fix="Shorten the text.")
    if not body:
        return {}
    if kind != "application/x-www-form-urlencoded":
        raise Malformed("this is not a form", fix="Send application/x-www-form-urlencoded.")
    try:
        return dict(
            parse_qsl(
                body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
            )
        )
    except ValueError as error:
        raise Malformed("the form cannot be read", fix="Send UTF-8.") from error
