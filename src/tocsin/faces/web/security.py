"""What may a browser do with our pages, and which requests does it send on a person's behalf?

A POST is taken only from a page of ours: the browser says where it comes from (Sec-Fetch-Site, Origin), and the form
carries a key that only our page knew. A session cookie is SameSite, so that a third site's form does not even bring it.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request

from tocsin.ground.accounts.store import hash_of
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Denied

SESSION_COOKIE = "tocsin_session"
VISITOR_COOKIE = "tocsin_visitor"
LANGUAGE_COOKIE = "tocsin_language"
THEME_COOKIE = "tocsin_theme"
NOTICE_COOKIE = "tocsin_notice"

_FOREIGN = N_("This form did not come from a page of Tocsin.")
_FOREIGN_FIX = N_("Open the page again and press the button there.")


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def headers(nonce: str) -> dict[str, str]:
    """The headers of every page: our own files only, no inline script, never in a frame, never kept."""
    policy = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        # Addresses of ours may carry a signed link: they never leave. `no-referrer` would also hide the Origin of our
        # own forms, by which they are told from foreign ones.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }


def form_key(cookie: str) -> str:
    """The key that forms of this browser carry, made of a cookie that only we and the browser know."""
    return hash_of(f"form:{cookie}")[:32] if cookie else ""


def check_origin(request: Request, public_url: str) -> None:
    """Raises Denied when the browser says that another site sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise Denied(_FOREIGN, fix=_FOREIGN_FIX)
    origin = request.headers.get("origin")
    if origin is None:
        return
    ours = {request.headers.get("host", "").lower(), urlsplit(public_url).netloc.lower()}
    if urlsplit(origin).netloc.lower() not in ours - {""}:
        raise Denied(_FOREIGN, fix=_FOREIGN_FIX)


def check_form_key(sent: str, cookie: str) -> None:
    """Raises Denied when the form does not carry the key of this browser."""
    wanted = form_key(cookie)
    if not wanted or not hmac.compare_digest(sent.encode(errors="replace"), wanted.encode()):
        raise Denied(_FOREIGN, fix=_FOREIGN_FIX)


def local_path(target: str) -> str:
    """`target` where it is a path on this server, else the dashboard: nobody is sent away by a link of ours."""
    parts = urlsplit(target) if target.isprintable() and "\\" not in target else None
    if parts is None or parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return "/"
    return target
