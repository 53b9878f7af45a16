"""How is the API put together? One router a feature, one gate, one shape of errors; mounted at `/api/v1`."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import tocsin
from tocsin.faces.api import (
    actions,
    alert_trace,
    alerts,
    answers,
    approvals,
    catalogue,
    changes,
    channels,
    contact_rules,
    diagnoses,
    drills,
    exercises,
    heartbeats,
    incident_roles,
    incident_updates,
    incidents,
    maintenance,
    makeshifts,
    monitors,
    noise,
    oncall,
    oncall_handovers,
    oncall_overrides,
    oncall_swaps,
    repairs,
    rollbacks,
    runbooks,
    runs,
    silences,
    sources,
    status,
    watch,
)
from tocsin.faces.api.context import Context
from tocsin.faces.api.limits import BodyLimit
from tocsin.ground.kernel.errors import TocsinError

PREFIX = "/api/v1"
_FEATURES = (
    actions,
    status,
    alerts,
    alert_trace,
    silences,
    maintenance,
    monitors,
    sources,
    changes,
    heartbeats,
    noise,
    incidents,
    incident_roles,
    incident_updates,
    oncall,
    contact_rules,
    channels,
    drills,
    exercises,
    oncall_handovers,
    oncall_overrides,
    oncall_swaps,
    runbooks,
    runs,
    diagnoses,
    approvals,
    repairs,
    rollbacks,
    makeshifts,
    catalogue,
    watch,
)


def make_api(context: Context) -> FastAPI:
    """The API over these rooms, to be mounted at `PREFIX`."""
    api = FastAPI(
        title="Tocsin",
        version=tocsin.__version__,
        summary="Alerts, incidents, runs and who is on call.",
        description=(
            "Send `Authorization: Bearer TOKEN`. Lists are `{items, next}`; errors are "
            "`{error: {code, field, message, fix}}`. Times are UTC in ISO 8601."
        ),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    api.state.context = context
    api.state.routes = [route for feature in _FEATURES for route in feature.routes.router.routes]
    for feature in _FEATURES:
        api.include_router(feature.routes.router)
    api.add_exception_handler(TocsinError, answers.on_tocsin_error)
    api.add_exception_handler(RequestValidationError, answers.on_validation_error)
    api.add_exception_handler(HTTPException, answers.on_http_error)
    api.add_exception_handler(Exception, answers.on_any_error)
    api.add_middleware(BodyLimit)
    return api
