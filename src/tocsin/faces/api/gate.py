"""Who calls, and may they? Every route says which permission it needs, or it cannot be made.

`Authorization: Bearer` holds a token or, for sending alerts, an intake key. The session of the pages counts for GET
alone: a form on another site can make a browser POST with its cookies, so a change needs the header.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import HTTPBearer

from tocsin.faces.api.answers import ErrorAnswer
from tocsin.faces.api.bodies import StrictRoute
from tocsin.faces.api.context import Context
from tocsin.ground.accounts import NOBODY, Identity, Key, Permission, allowed, require
from tocsin.ground.kernel.errors import Unauthenticated

F = TypeVar("F", bound=Callable[..., Any])
_BEARER = HTTPBearer(scheme_name="bearer", auto_error=False, description="A token; to send alerts, a key.")


def context_of(request: Request) -> Context:
    """The rooms, from inside a route."""
    return request.app.state.context


def identity_of(request: Request) -> Identity:
    """Who calls, as the gate found out."""
    return request.state.identity


def key_of(request: Request) -> Key | None:
    """The intake key of the call, if it came with one."""
    return getattr(request.state, "key", None)


class Routes:
    """The routes of one feature. A route declares its permission as it declares its path."""

    def __init__(self, tag: str) -> None:
        self.router = APIRouter(tags=[tag], route_class=StrictRoute)

    def get(self, path: str, *, permission: Permission, summary: str) -> Callable[[F], F]:
        return self._route("GET", path, permission, summary)

    def post(
        self,
        path: str,
        *,
        permission: Permission,
        alternative: Permission | None = None,
        summary: str,
        body: Mapping[str, Any] | None = None,
    ) -> Callable[[F], F]:
        """Either of the two permissions opens it. `body` is the JSON Schema of what a route reads by itself."""
        return self._route("POST", path, permission, summary, alternative, body)

    def _route(
        self,
        method: str,
        path: str,
        permission: Permission,
        summary: str,
        alternative: Permission | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Callable[[F], F]:
        needed = f"{permission} or {alternative}" if alternative else str(permission)

        def gate(request: Request) -> None:
            identity = request.state.identity = _identify(request)
            if alternative is None or not allowed(identity, alternative):
                require(identity, permission)

        def declare(function: F) -> F:
            manual = inspect.cleandoc(function.__doc__ or "")
            self.router.add_api_route(
                path,
                function,
                methods=[method],
                summary=summary,
                description=f"{manual}\n\nPermission: `{needed}`.".strip(),
                dependencies=[Depends(gate)]
                if permission == Permission.PUBLIC
                else [Security(_BEARER), Depends(gate)],
                responses={"default": {"model": ErrorAnswer, "description": "What went wrong."}},
                openapi_extra={"x-permission": needed, **(_body_of(body) if body else {})},
            )
            return function

        return declare


def _body_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": dict(schema)}}}}


def _identify(request: Request) -> Identity:
    context = context_of(request)
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated(
                "the header Authorization is not understood", fix="Send `Authorization: Bearer TOKEN`."
            )
        found = context.accounts.token(secret)
        key = None if found else context.accounts.key(secret)
        if key is not None:
            request.state.key = key
            return Identity(kind="key", name=key.name)
        if found is None:
            raise Unauthenticated(
                "this token is unknown or was revoked", fix="Make one with `tocsin token create`."
            )
        return found
    session = request.cookies.get(context.session_cookie, "")
    if session and request.method == "GET":
        return context.accounts.session(session) or NOBODY
    return NOBODY
