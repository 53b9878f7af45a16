"""What does a person read when something is not possible? What happened, what it means, what to do."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.visit import Visit
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import TocsinError, TooMany

_TITLES = {
    400: N_("That could not be read"),
    401: N_("Please sign in"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("That is not done this way"),
    409: N_("It has moved on"),
    413: N_("That is too much at once"),
    422: N_("Something is missing"),
    429: N_("Too many attempts"),
    503: N_("Nothing was saved"),
}
_BROKEN = N_("Tocsin made a mistake")
_BROKEN_MESSAGE = N_("The page could not be made. What you sent may not have been done.")
_BROKEN_FIX = N_("Look at the incident again before you repeat it; the log of the server says more.")
_WAIT = N_("Try again in {minutes} min, or ask an admin to reset the password.")


def error_page(visit: Visit, error: TocsinError) -> Response:
    """The error as a page, with its own status."""
    say = visit.speech.text
    if error.status not in _TITLES:
        title, message, fix = say(_BROKEN), say(_BROKEN_MESSAGE), say(_BROKEN_FIX)
    elif isinstance(error, TooMany):
        title, message = say(_TITLES[429]), ""
        fix = say(_WAIT, minutes=-(-error.retry_after // 60))
    else:
        title, message, fix = (
            say(_TITLES[error.status]),
            visit.speech.told(error.message),
            visit.speech.told(error.fix),
        )
    response = visit.page("error.html", status=error.status, title=title, message=message, fix=fix)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
