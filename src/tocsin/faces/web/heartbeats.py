"""Did the jobs run? One heartbeat: when it last reported, when it has to again, what it said, how it reports."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission

pages = Pages()
_PINGS = 30


@pages.get("/heartbeats/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    """Who knows the address speaks for the job, so it is shown to those who may respond."""
    beat = visit.context.heartbeats.get(visit.parts["id"])
    base = visit.context.catalogue().public_url.rstrip("/")
    return visit.page(
        "heartbeat.html",
        beat=beat,
        pings=visit.context.heartbeats.pings(beat.id, _PINGS),
        address=f"{base}/ping/{beat.uuid}" if visit.may_respond else "",
    )


@pages.post("/heartbeats/{id}/pause", Permission.RESPOND)
def pause(visit: Visit) -> Response:
    beat = visit.context.heartbeats.pause(visit.parts["id"])
    return visit.go(f"/heartbeats/{beat.id}", notice="beat-paused")


@pages.post("/heartbeats/{id}/resume", Permission.RESPOND)
def resume(visit: Visit) -> Response:
    beat = visit.context.heartbeats.resume(visit.parts["id"])
    return visit.go(f"/heartbeats/{beat.id}", notice="beat-resumed")
