"""How do commands speak to a running Tocsin? Over its HTTP API, as anybody else would.

`TOCSIN_URL` says where it is (http://127.0.0.1:9911 if unset), `TOCSIN_TOKEN` who we are. What the server refuses is
raised as the error that it sent, so that the terminal shows the same message and the same way out.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

from tocsin.ground.kernel.errors import Denied, Invalid, TocsinError, Unauthenticated, Unavailable
from tocsin.ground.kernel.outbound import Answer, Outbound, OutboundFailed, OutboundRefused

DEFAULT_URL = "http://127.0.0.1:9911"
_LARGEST = 64 * 1024 * 1024
_PAGE = 200

Record = dict[str, Any]


class ServerRefused(TocsinError):
    """The server said no; its own words follow. `status` is the status that it sent."""

    def __init__(self, code: str, status: int, message: str, *, field: str = "", fix: str = "") -> None:
        super().__init__(message, field=field, fix=fix)
        self.code = code
        self.status = status


class Server:
    """A running Tocsin. Paths are given in parts, each of which is quoted: `get("incidents", number)`."""

    def __init__(self, url: str, token: str, outbound: Outbound | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._outbound = outbound or Outbound()
        if outbound is None:  # nobody else has it: its connections end with us
            weakref.finalize(self, self._outbound.close)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Server:
        """Where TOCSIN_URL points to. Raises Invalid when that is no web address."""
        url = environment.get("TOCSIN_URL", "").strip() or DEFAULT_URL
        if not url.startswith(("http://", "https://")):
            raise Invalid(
                f"TOCSIN_URL is {url!r}, which is not a web address",
                field="TOCSIN_URL",
                fix="Write it like http://127.0.0.1:9911.",
            )
        return cls(url, environment.get("TOCSIN_TOKEN", "").strip())

    def get(self, *path: str, **query: Any) -> Record:
        """One object. A query value of None is left out; a list is given once for each entry."""
        return self._call("GET", path, query, None)

    def post(self, *path: str, body: Mapping[str, Any] | list[Any] | None = None) -> Record:
        return self._call("POST", path, {}, body if isinstance(body, list) else dict(body or {}))

    def listed(self, *path: str, limit: int | None = None, **query: Any) -> Iterator[Record]:
        """The items of a list, page after page, at most `limit` of them."""
        left = limit
        after: str | None = None
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            answer = self.get(*path, **query, limit=size, after=after)
            items = cast("list[Record]", answer["items"])
            yield from items if left is None else items[:left]
            left = None if left is None else left - len(items)
            after = answer.get("next")
            if after is None:
                return

    def download(self, *path: str, **query: Any) -> bytes:
        """What is no JSON: an archive, as its bytes."""
        return self._ask("GET", path, query, None).body

    def reach(self, path: str) -> int:
        """The status of a plain GET outside the API, such as `/readyz`. Raises Unavailable when nobody answers."""
        return self._send("GET", f"{self.url}{path}", None).status

    def _call(self, method: str, path: tuple[str, ...], query: Mapping[str, Any], body: Any) -> Record:
        found = _read(self._ask(method, path, query, body))
        if not isinstance(found, dict):
            raise Unavailable(f"{self.url} did not answer as Tocsin does", fix="Is TOCSIN_URL right?")
        return cast("Record", found)

    def _ask(self, method: str, path: tuple[str, ...], query: Mapping[str, Any], body: Any) -> Answer:
        given = [
            (name, _plain(each))
            for name, value in query.items()
            for each in (cast("list[Any]", value) if isinstance(value, list) else [value])
            if each is not None
        ]
        target = "/".join([self.url, "api", "v1", *(quote(part, safe="") for part in path)])
        answer = self._send(method, f"{target}?{urlencode(given)}" if given else target, body)
        if answer.status >= 400:
            raise self._refusal(answer)
        return answer

    def _send(self, method: str, url: str, body: Any) -> Answer:
        headers = {"accept": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        try:
            return self._outbound.request(
                method, url, headers=headers, json=body, timeout=30.0, trusted=True, limit=_LARGEST
            )
        except (OutboundFailed, OutboundRefused) as error:
            raise Unavailable(
                f"no Tocsin answers at {self.url}: {error.message}",
                fix="Start it with `tocsin up`, or say where it is: export TOCSIN_URL=http://HOST:PORT",
            ) from error

    def _refusal(self, answer: Answer) -> TocsinError:
        found = _read(answer)
        detail: Any = cast("Record", found).get("error") if isinstance(found, dict) else None
        if not isinstance(detail, dict):
            return Unavailable(f"{self.url} answered with status {answer.status}", fix="Is TOCSIN_URL right?")
        known = {name: str(value) for name, value in cast("Record", detail).items()}
        message, field, fix = known.get("message", ""), known.get("field", ""), known.get("fix", "")
        if answer.status == 401:
            return Unauthenticated(
                message if self._token else "this command needs a token",
                field="TOCSIN_TOKEN",
                fix="export TOCSIN_TOKEN=…; make one with `tocsin token create --role operator --config FOLDER`.",
            )
        if answer.status == 403:
            return Denied(message, field=field, fix=fix)
        return ServerRefused(known.get("code", "error"), answer.status, message, field=field, fix=fix)


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _read(answer: Answer) -> object:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None
