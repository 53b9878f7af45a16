"""How does a library that speaks `requests` go through the one outbound client? By a stand-in for that module.

`stand_in()` looks like `requests`, but each of its requests is handed to the conversation of the attempt under way
(`carrying`), whose addresses are judged and whose time is limited; without one it is refused. Redirects are not
followed, proxies of the environment not used, certificates always checked. What came of each request is kept, so that
the attempt can be judged by the answers and not only by what the library made of them.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from tocsin.act.notify.answers import Conversation
from tocsin.act.notify.channel import DeliveryFailed
from tocsin.ground.kernel.outbound import Answer

_OURS = {"connection", "accept-encoding", "content-length", "host"}


@dataclass(kw_only=True)
class Carried:
    """What was asked in one attempt: the host and answer of each request, and why the last one failed."""

    conversation: Conversation
    answers: list[tuple[str, Answer]] = field(default_factory=list[tuple[str, Answer]])
    failure: DeliveryFailed | None = None


_carried: ContextVar[Carried | None] = ContextVar("carried", default=None)


@contextmanager
def carrying(conversation: Conversation) -> Generator[Carried]:
    """For the length of the block, the stand-in speaks through this conversation."""
    carried = Carried(conversation=conversation)
    token = _carried.set(carried)
    try:
        yield carried
    finally:
        _carried.reset(token)


@functools.cache
def stand_in() -> ModuleType:
    """The module to put in the place of `requests`."""
    module = ModuleType("requests")
    module.__dict__.update(vars(requests))

    def request(method: str, url: str, **options: Any) -> requests.Response:
        with _Session() as session:
            return session.request(method, url, **options)

    changed: dict[str, Any] = {"request": request, "Session": _Session, "session": _Session}
    for verb in ("get", "options", "head", "post", "put", "patch", "delete"):
        changed[verb] = functools.partial(request, verb)
    module.__dict__.update(changed)
    return module


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Through())

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        return super().request(method, url, *args, **(options | {"allow_redirects": False}))


class _Through(BaseAdapter):
    """Hands a prepared request over, and makes a response of the answer."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        carried = _carried.get()
        if carried is None:
            raise requests.ConnectionError("no attempt is under way")
        url = urlsplit(request.url or "")
        # Who asks is told by a header that is there already; in the address it would be refused.
        plain = urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2]))
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() not in _OURS}
        try:
            answer = carried.conversation.ask(
                request.method or "GET", plain, headers=headers, content=_bytes(request.body)
            )
        except DeliveryFailed as failure:
            carried.failure = failure
            raise requests.ConnectionError(failure.message) from None
        carried.failure = None
        carried.answers.append((url.netloc.rpartition("@")[2], answer))
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content = answer.body  # pyright: ignore[reportPrivateUsage] # as its own tests make one
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.url = plain
        response.request = request
        return response

    def close(self) -> None:
        return


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes | None:
    """The body whole: a file or a generator is read to its end."""
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    read: Any = getattr(body, "read", None)
    if read is not None:
        return _bytes(read())
    return b"".join(_bytes(part) or b"" for part in cast("Iterable[Any]", body))
