"""What do providers call us with? `/channels/NAME` and what stands below it: receipts, replies and pressed buttons.

Anybody may call; nothing is believed that the channel's own check of the provider's signature does not prove. The
body is read as it came, since that is what was signed, within bounds of size; the server's own limits of headers
and time stand before (`tocsin.connections`). GET is taken too, for providers that know nothing else: a call is
signed, and no browser sends one.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tocsin.act.notify.channel import Call
from tocsin.faces.web.context import Context
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import Malformed, TocsinError, TooLarge

LARGEST_CALL = 256 * 1024
_MOST_FIELDS = 500
_log = structlog.get_logger(__name__)


def routes(context: Context) -> list[Route]:
    """The two addresses, for every channel."""

    async def called(request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except TocsinError as error:
            return _refusal(error)
        return await run_in_threadpool(_answer, context, request, body)

    called.permission = Permission.PUBLIC  # pyright: ignore[reportFunctionMemberAccess] - read by the list of routes
    paths = ("/channels/{name}", "/channels/{name}/{rest:path}")
    return [Route(path, called, methods=["GET", "POST"]) for path in paths]


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_CALL:
            raise TooLarge(f"a call has at most {LARGEST_CALL // 1024} kB", fix="Send less at once.")
    return bytes(body)


def _answer(context: Context, request: Request, body: bytes) -> Response:
    name = request.path_params["name"]
    try:
        status, kind, answer = context.deliveries.heard(name, _call(context, request, body))
    except TocsinError as error:
        _log.info("a call to a channel was refused", channel=name, why=error.message)
        return _refusal(error)
    except Exception:
        _log.exception("a call to a channel failed", channel=name)
        return PlainTextResponse("Something went wrong here; call again.\n", status_code=500)
    return Response(
        answer,
        status,
        headers={"content-type": kind, "cache-control": "no-store", "x-content-type-options": "nosniff"},
    )


def _call(context: Context, request: Request, body: bytes) -> Call:
    """The call as its provider signed it: below `public_url`, whatever a proxy in front made of the address."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    try:
        written = path.partition(b"?")[0].decode("ascii") + (f"?{query.decode('ascii')}" if query else "")
        fields = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise Malformed("the address cannot be read", fix="Escape what is not ASCII.") from error
    return Call(
        method=request.method,
        url=context.catalogue().public_url.rstrip("/") + written,
        rest=str(request.path_params.get("rest", "")),
        query=tuple(fields),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def _refusal(error: TocsinError) -> Response:
    return PlainTextResponse(f"{error.message}\n", status_code=error.status)
