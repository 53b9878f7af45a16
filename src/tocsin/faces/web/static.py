"""Which files do the pages need? A closed list, with addresses that change with their content."""

from __future__ import annotations

from functools import cache

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.templates import STATIC
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import NotFound

pages = Pages()
_KINDS = {
    "tocsin.css": "text/css",
    "oncall.css": "text/css",
    "incident.css": "text/css",
    "monitors.css": "text/css",
    "live.js": "text/javascript",
    "tocsin.svg": "image/svg+xml",
}


@pages.get("/static/{name}", Permission.PUBLIC)
def file(visit: Visit) -> Response:
    name = visit.parts["name"]
    if name not in _KINDS:
        raise NotFound("there is no such file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_content(name), media_type=_KINDS[name], headers=headers)


@cache
def _content(name: str) -> bytes:
    return (STATIC / name).read_bytes()
