"""Is it alive, may traffic come, how is it doing? For load balancers, supervisors and Prometheus."""

from __future__ import annotations

import ipaddress

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import PlainTextResponse, Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission, require
from tocsin.ground.kernel.errors import TocsinError

pages = Pages()


@pages.get("/healthz", Permission.PUBLIC)
def alive(visit: Visit) -> Response:
    """The process answers; nothing else is asked, so that a full disk does not make it be killed."""
    return PlainTextResponse("ok\n")


@pages.get("/readyz", Permission.PUBLIC)
def ready(visit: Visit) -> Response:
    """503 with what is missing, until alerts could be stored and pages sent.

    A changed configuration that was refused is said too, though not where: that is for admins, on the dashboard.
    """
    missing = visit.context.waiting_for()
    said = missing or ["ok"]
    if visit.context.configuration_problems():
        said = [*said, "the changed configuration was refused, the one before it is in use"]
    return PlainTextResponse("".join(f"{each}\n" for each in said), status_code=503 if missing else 200)


@pages.get("/metrics", Permission.PUBLIC)
def metrics(visit: Visit) -> Response:
    """Prometheus' text format: open to the machine itself, to others with a token that may read."""
    if not _is_loopback(visit.address):
        try:
            require(visit.bearer, Permission.READ)
        except TocsinError as error:
            return PlainTextResponse(f"{error.message}\n", status_code=error.status)
    return Response(generate_latest(visit.context.registry), media_type=CONTENT_TYPE_LATEST)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
