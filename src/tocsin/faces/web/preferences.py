"""In which language and light do you read? Kept in the browser, and with the account."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web import security
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import languages

pages = Pages()
_YEAR_S = 365 * 86_400


@pages.post("/preferences", Permission.PUBLIC)
def choose(visit: Visit) -> Response:
    response = visit.go(visit.form.get("next", "/"))
    language, theme = visit.form.get("language", ""), visit.form.get("theme", "")
    if language in languages():
        visit.remember(response, security.LANGUAGE_COOKIE, language, seconds=_YEAR_S)
        if visit.identity.kind == "person":
            visit.context.accounts.change_language(visit.identity.name, language)
    if theme in ("auto", "light", "dark"):
        visit.remember(response, security.THEME_COOKIE, theme, seconds=_YEAR_S)
    return response
