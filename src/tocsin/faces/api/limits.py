"""How much may a request hold? The body is counted as it comes, so that a lie about its length gains nothing."""

from __future__ import annotations

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.faces.api.answers import error_response
from tocsin.ground.kernel.errors import TooLarge

MOST_BYTES = 512 * 1024


class _Excess(Exception):
    """The body went over the limit."""


class BodyLimit:
    """Refuses bodies of more than 512 KiB with 413, by their announced or their real length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > MOST_BYTES:
            await _refuse(scope, receive, send)
            return
        taken = 0
        excess = False

        async def counted() -> Message:
            nonlocal taken, excess
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                excess = True
                raise _Excess
            return message

        async def unless_excess(message: Message) -> None:
            # What the framework makes of the broken-off body is not our answer.
            if not excess:
                await send(message)

        with contextlib.suppress(_Excess):
            await self._app(scope, counted, unless_excess)
        if excess:
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = TooLarge("the body is larger than 512 KiB", fix="Send less at once.")
    await error_response(error)(scope, receive, send)
