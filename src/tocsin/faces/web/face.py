"""Which pages are there? Every feature's pages, what stands beside them, and plain words for what is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from tocsin.faces.web import (
    acknowledge,
    alert_trace,
    alerts,
    alerts_many,
    approvals,
    channel_calls,
    channels,
    dashboard,
    diagnosis,
    exercises,
    gate,
    health,
    heartbeats,
    incident,
    incident_acts,
    incident_roles,
    incident_updates,
    live,
    maintenance,
    monitors,
    noise,
    oncall,
    oncall_calendar,
    oncall_changes,
    oncall_feed,
    oncall_handover,
    oncall_load,
    oncall_person,
    preferences,
    repair,
    run_acts,
    run_pages,
    runbook,
    runbook_reviews,
    runbooks,
    set_up,
    sign_in,
    silences,
    source_new,
    sources,
    static,
    watch,
)
from tocsin.faces.web.context import Context
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Malformed, NotFound, TocsinError

FEATURES = (
    dashboard.pages,
    incident.pages,
    incident_acts.pages,
    incident_roles.pages,
    incident_updates.pages,
    run_acts.pages,
    approvals.pages,
    repair.pages,
    run_pages.pages,
    diagnosis.pages,
    noise.pages,
    alerts.pages,
    alerts_many.pages,
    alert_trace.pages,
    source_new.pages,
    sources.pages,
    channels.pages,
    silences.pages,
    maintenance.pages,
    heartbeats.pages,
    monitors.pages,
    runbooks.pages,
    runbook_reviews.pages,
    exercises.pages,
    runbook.pages,
    oncall.pages,
    oncall_load.pages,
    oncall_feed.pages,
    oncall_person.pages,
    oncall_changes.pages,
    oncall_handover.pages,
    oncall_calendar.pages,
    acknowledge.pages,
    sign_in.pages,
    set_up.pages,
    preferences.pages,
    static.pages,
    health.pages,
    watch.pages,
)


class WrongMethod(TocsinError):
    """The address exists, but is not asked in this way: open it, or press the button on its page."""

    code = "wrong_method"
    status = 405


def make_web(
    context: Context,
    hub: live.Hub,
    mounts: Mapping[str, ASGIApp],
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """The web application; `mounts` are other applications by the prefix of their paths."""
    routes: list[BaseRoute] = [_mount(prefix, app) for prefix, app in mounts.items()]
    routes += [*gate.routes(context, FEATURES), *channel_calls.routes(context), live.route(context, hub)]

    async def refused(request: Request, problem: Exception) -> Response:
        """No page has this address, or not for this method."""
        assert isinstance(problem, HTTPException)
        response = await run_in_threadpool(gate.plain_words, context, request, _told(problem.status_code))
        response.headers.update(problem.headers or {})
        return response

    return Starlette(routes=routes, exception_handlers={HTTPException: refused}, lifespan=lifespan)


def _mount(prefix: str, app: ASGIApp) -> Mount:
    """Everything below the prefix, also where a line break stands in the path: that is not ours to answer."""
    mount = Mount(prefix, app=app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _told(status: int) -> TocsinError:
    match status:
        case 404:
            return NotFound(
                N_("No page has this address."),
                fix=N_("It may be mistyped, or the thing is no longer there."),
            )
        case 405:
            return WrongMethod(
                N_("This address is not opened like this."), fix=N_("Start from the dashboard.")
            )
        case _:
            return Malformed(N_("The request could not be read."), fix=N_("Start from the dashboard."))
