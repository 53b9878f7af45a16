"""What does a body say? Read by the rules of the intake: UTF-8, each key once, numbers that fit, not too deep."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from tocsin.ground.kernel.errors import Malformed
from tocsin.sense.intake import limits
from tocsin.sense.intake.strict_json import read_json


class StrictRoute(APIRoute):
    """A route whose JSON has one meaning for every reader of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_Strict(request.scope, request.receive))

        return strictly


class _Strict(Request):
    async def json(self) -> Any:
        body = limits.decode(await self.body(), self.headers.get("content-encoding", ""), limits.BODY)
        value, mended = read_json(body)
        if mended:
            raise Malformed("the body holds half a character", field="body", fix="Send the text whole.")
        return value
