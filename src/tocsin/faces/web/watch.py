"""How is Tocsin itself? What its auditor found, which processes are alive, and how long pages take."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

pages = Pages()
PARTS = {
    "timers": N_("Timers"),
    "pages": N_("Pages"),
    "sender": N_("Sending"),
    "unreached": N_("Nobody reached"),
    "triage": N_("Judging alerts"),
    "workers": N_("Workers"),
    "engine": N_("Engine"),
    "intake": N_("Intake"),
    "database": N_("Database"),
    "dns": N_("Names (DNS)"),
    "slack": N_("Slack"),
    "clock": N_("Clock"),
}
ROLES = {"all": N_("everything"), "web": N_("web"), "worker": N_("worker")}


@pages.get("/health", Permission.READ)
def show(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        living = context.boots.living(conn)
    return visit.page(
        "watch.html",
        report=context.auditor.report(),
        processes=living,
        latency=context.latencies.summary(),
        parts_of=PARTS,
        roles=ROLES,
    )
