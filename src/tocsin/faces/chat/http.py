"""How does Slack reach Tocsin by HTTP? `/chat/slack/commands`, `…/interactions` and `…/events`, each signed.

Slack waits three seconds. What is done by then is the answer itself; what takes longer is acknowledged with an empty
answer and told afterwards, by the address that came with it. A repetition of a signed request is answered and not done.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tocsin.act.notify.answers import parsed, table, text
from tocsin.faces.chat import signature
from tocsin.faces.chat.context import Context
from tocsin.faces.chat.ear import Ear
from tocsin.faces.chat.reply import Reply
from tocsin.ground.kernel.errors import Invalid, Malformed, NotFound, TocsinError, TooLarge

PREFIX = "/chat"
AT_ONCE_S = 2.0
"""So long an answer may take to be the answer itself."""
_LARGEST = 512 * 1024
_MOST_FIELDS = 100
_log = structlog.get_logger(__name__)
Heard = Callable[[bytes], tuple[Response | None, Mapping[str, Any], "Future[Reply | None] | None"]]


def make_chat(context: Context, ear: Ear) -> Starlette:
    """The application below `/chat`."""
    doors = _Doors(context, ear)
    routes = [
        Route("/slack/commands", doors.commands, methods=["POST"]),
        Route("/slack/interactions", doors.interactions, methods=["POST"]),
        Route("/slack/events", doors.events, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {TocsinError: _told, HTTPException: _refused}
    return Starlette(routes=routes, exception_handlers=handlers)


class _Doors:
    def __init__(self, context: Context, ear: Ear) -> None:
        self._context = context
        self._ear = ear
        self._later: set[asyncio.Task[None]] = set()

    async def commands(self, request: Request) -> Response:
        body, first = await self._proven(request)
        given = _form(body)
        if not first:
            return Response()
        return await self._answer(given, self._ear.command(given))

    async def interactions(self, request: Request) -> Response:
        body, first = await self._proven(request)
        given = table(parsed(_form(body).get("payload", "").encode()))
        if not given:
            raise Malformed("there is no payload", fix="This address is for the interactions of Slack.")
        if not first or text(given.get("type")) != "block_actions":
            return Response()
        # A button is not answered in the answer itself: that would say nothing to anybody.
        self._tell(given, self._ear.pressed(given))
        return Response()

    async def events(self, request: Request) -> Response:
        body, first = await self._proven(request)
        given = table(parsed(body))
        if text(given.get("type")) == "url_verification":
            return JSONResponse({"challenge": text(given.get("challenge"))})
        key = text(given.get("event_id"))
        if not key:
            raise Malformed("there is no event", fix="This address is for the events of Slack.")
        # Sent again it is signed anew, and has the same id.
        if first and await run_in_threadpool(self._ear.is_first, f"event {key}"):
            self._ear.event(given)
        return Response()

    async def _proven(self, request: Request) -> tuple[bytes, bool]:
        """The body, and whether it is heard for the first time. Raises NotFound, TooLarge, Unproven."""
        access = self._context.access().slack
        if access is None or access.signing_secret is None:
            raise NotFound(
                "Slack is not awaited here", fix="Write signing_secret: under slack: in tocsin.yaml."
            )
        body = await _body(request)
        try:
            secret = access.signing_secret.reveal()
        except Invalid as error:
            raise NotFound(error.message, fix=error.fix) from None
        proof = signature.check(body, request.headers, secret, self._context.clock)
        return body, await run_in_threadpool(self._ear.is_first, f"signature {proof}")

    async def _answer(self, given: Mapping[str, Any], work: Future[Reply | None]) -> Response:
        waiting = asyncio.wrap_future(work)
        try:
            reply = await asyncio.wait_for(asyncio.shield(waiting), AT_ONCE_S)
        except TimeoutError:
            self._tell(given, work)
            return Response()
        return JSONResponse(reply.as_json()) if reply is not None else Response()

    def _tell(self, given: Mapping[str, Any], work: Future[Reply | None]) -> None:
        """Answers when it is done, whoever waits for that meanwhile."""

        async def later() -> None:
            reply = await asyncio.wrap_future(work)
            await run_in_threadpool(self._ear.send, given, reply)

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


async def _body(request: Request) -> bytes:
    kept = bytearray()
    try:
        async for chunk in request.stream():
            kept += chunk
            if len(kept) > _LARGEST:
                raise TooLarge("the body is larger than 512 KiB", fix="Slack sends less.")
    except ClientDisconnect:
        raise Malformed("the request broke off", fix="Send it again.") from None
    return bytes(kept)


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Malformed("this is not a form", fix="Slack sends application/x-www-form-urlencoded.") from None


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, TocsinError)
    return JSONResponse(error.as_json(), status_code=error.status)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "not_found" if error.status_code == 404 else "refused"
    return Response(
        json.dumps({"error": {"code": code, "field": "", "message": str(error.detail), "fix": ""}}),
        status_code=error.status_code,
        media_type="application/json",
        headers=error.headers,
    )
