"""In which shape does the API answer and take? Lists with their next page, errors as one object, clean text.

Whatever goes wrong is `{"error": {code, field, message, fix}}` with a fitting status; a traceback never leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import structlog
from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from tocsin.ground.kernel.errors import (
    Invalid,
    Malformed,
    NotFound,
    TocsinError,
    TooMany,
    Unauthenticated,
)

T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """Some of a list. `next` goes into `after` to get what follows; it is null at the end."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorDetail:
    """`code` is for programs; `field` names the part of the input that is meant; `fix` says what to do."""

    code: str
    field: str
    message: str
    fix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorAnswer:
    """What every answer with a status of 400 and above holds."""

    error: ErrorDetail


Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_.:-]{1,128}$", description="`next` of the page before.")
]


def page(rows: Sequence[T], limit: int, key: str) -> Page[T]:
    """A page of `limit` rows out of one row more; the last one's `key` leads on."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next=str(getattr(items[-1], key)) if more else None)


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("text must not hold the NUL character")
    return text


Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_without_nul)]
"""A short text: a title, a name."""
Prose = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(_without_nul)]
"""A text of a person: a note, a reason."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
"""The name or id of something."""


def _written_out(value: object) -> object:
    """A number is no time here, though a reader of times might take it for seconds since 1970."""
    if isinstance(value, str) and value[4:5] == "-":
        return value
    raise ValueError("a time is written as in 2026-11-21T09:00:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A time in ISO 8601, with its zone."""


class Body(BaseModel):
    """Base of what is sent in: an unknown key is an error, since it was meant to do something."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def error_response(error: TocsinError) -> JSONResponse:
    """The error as the one object that clients know."""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error.as_json(), status_code=error.status, headers=headers)


async def on_tocsin_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TocsinError)
    return error_response(error)


async def on_validation_error(_request: Request, error: Exception) -> JSONResponse:
    """The first thing wrong with the input, by the name of its field."""
    assert isinstance(error, RequestValidationError)
    first: Mapping[str, Any] = error.errors()[0]
    where, *path = [str(part) for part in first["loc"]]
    if first["type"] == "json_invalid":
        return error_response(Malformed("the body is not JSON", fix="Send `Content-Type: application/json`."))
    field = ".".join(path)
    message = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        message = "a name has 1 to 128 letters, digits or . _ : -"
    fix = "See /api/v1/openapi.json." if field else "Send a JSON object as the body."
    return error_response(
        Invalid(f"{field or where}: {message[:1].lower()}{message[1:]}", field=field, fix=fix)
    )


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses: an unknown path, a method that a path does not know."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_response(NotFound("there is nothing at this path", fix="See /api/v1/openapi.json."))
    if isinstance(error.__cause__, TocsinError):  # the reader of the body knows what is wrong with it
        return error_response(error.__cause__)
    if error.status_code == 400:
        return error_response(Malformed("the body cannot be read", fix="Send one JSON object in UTF-8."))
    if error.status_code == 405:
        allowed = ", ".join(sorted(_methods(request)))
        message = f"this path does not know {request.method}"
        body = {"code": "method_not_allowed", "field": "", "message": message, "fix": f"Use {allowed}."}
        return JSONResponse({"error": body}, status_code=405, headers={"Allow": allowed})
    body = {"code": "refused", "field": "", "message": str(error.detail), "fix": "See /api/v1/openapi.json."}
    return JSONResponse({"error": body}, status_code=error.status_code, headers=error.headers)


def _methods(request: Request) -> set[str]:
    """What the path knows over all its routes; the framework names those of the first one only."""
    routes: list[Route] = request.app.state.routes
    found = [route.methods or () for route in routes if route.matches(request.scope)[0] != Match.NONE]
    return set[str]().union(*found)


async def on_any_error(request: Request, error: Exception) -> JSONResponse:
    """A mistake of ours: it is logged in full and told in one sentence."""
    _log.error("a request failed", path=request.url.path, method=request.method, exc_info=error)
    return error_response(
        TocsinError("Tocsin made a mistake; the log says which", fix="Try again, or report it.")
    )
