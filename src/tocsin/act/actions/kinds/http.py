"""A request, written as it goes over the wire: request line, headers, an empty line, the body.

Placeholders (`${NAME}`) are filled in part by part and each part quotes in its own way, so a value never becomes
another header, another path or another field. The whole base of an address may be a value (`GET ${SHOP_URL}/health`).
A host that comes from an alert is not trusted and reaches public addresses only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from tocsin.act.actions.action import Action, Call, CannotRun, Found, Result
from tocsin.act.guard.http import Request, read_request
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import OutboundFailed, OutboundRefused

LARGEST = 8 << 20
"""An answer is kept up to 8 MiB."""
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]+", re.ASCII)
_URL = re.compile(
    r"(?P<base>https?://[^/?#]*|\$\{\w+\}|\$\w+)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?",
    re.ASCII | re.IGNORECASE,
)


class Http(Action):
    title = N_("HTTP request")

    def run(self, call: Call) -> Result:
        request = read_request(call.text)
        if request is None:
            raise CannotRun("this is not a request", fix="Begin with a line such as `GET https://…`.")
        filling = _Filling(call)
        url = filling.url(request.url)
        headers = {name: filling.header(name, value) for name, value in request.headers}
        body = filling.body(request).encode() if request.body else None
        try:
            answer = self.outbound.request(
                request.method,
                url,
                headers=headers,
                content=body,
                timeout=call.timeout_s,
                trusted=filling.trusted,
                limit=LARGEST,
            )
        except OutboundRefused as error:
            raise CannotRun(error.message, fix=error.fix) from error
        except OutboundFailed as error:
            call.err.write_text(f"{error.message}\n")
            # It may have arrived all the same, but the run saw it fail: the author says whether to try again.
            return Result(well=False, why=error.message)
        call.out.write_bytes(answer.body)
        well = 200 <= answer.status < 400
        return Result(
            well=well,
            status=answer.status,
            headers=answer.headers,
            ms=answer.ms,
            why="" if well else f"status {answer.status}",
        )

    def find(self, call: Call) -> Found:
        return Found.UNKNOWN


class _Filling:
    """Puts values in their places, each quoted for its place."""

    def __init__(self, call: Call) -> None:
        self._values = {**call.values, **call.environment}
        self._hostile = call.hostile - set(call.environment)
        self.trusted = True

    def url(self, text: str) -> str:
        parts = _URL.fullmatch(text)
        if parts is None:
            raise CannotRun(f"{text} is not an address", fix="Write http:// or https:// and a host.")
        path = self._fill(parts["path"], _path_part)
        query = self._fill(parts["query"] or "", lambda value: quote(value, safe=""))
        return f"{self._base(parts['base'])}{path}{query}"

    def _base(self, text: str) -> str:
        names = [name for match in _PLACEHOLDER.finditer(text) if (name := match[1] or match[2])]
        if self._hostile & set(names):
            self.trusted = False
        if "://" not in text:
            base = self._value(names[0]).rstrip("/")
            address = urlsplit(base)
            if (
                address.scheme not in ("http", "https")
                or not address.netloc
                or address.query
                or address.fragment
            ):
                raise CannotRun(f"the value of {names[0]} is not the base of an address", field=names[0])
            return base
        return self._fill(text, _host_part)

    def header(self, name: str, text: str) -> str:
        filled = self._fill(text, lambda value: value)
        if not filled.isprintable():
            raise CannotRun(f"the header {name} would hold a control character", field=name)
        return filled

    def body(self, request: Request) -> str:
        kind = next((value for name, value in request.headers if name.lower() == "content-type"), "").lower()
        if "x-www-form-urlencoded" in kind:
            return self._fill(request.body, quote_plus)
        try:
            return json.dumps(self._json(json.loads(request.body)), ensure_ascii=False)
        except ValueError:
            if "json" not in kind:
                return self._fill(request.body, lambda value: value)
        filled = self._fill(request.body, json.dumps)  # `{"n": ${N}}` is no JSON before, and has to be after
        try:
            json.loads(filled)
        except ValueError:
            raise CannotRun("the body is not JSON with these values") from None
        return filled

    def _json(self, node: Any) -> Any:
        match node:
            case str():
                return self._fill(node, lambda value: value)
            case list():
                return [self._json(each) for each in node]  # pyright: ignore[reportUnknownVariableType] - parsed JSON
            case dict():
                return {key: self._json(each) for key, each in node.items()}  # pyright: ignore[reportUnknownVariableType] - parsed JSON
            case _:
                return node

    def _fill(self, text: str, quoted: Callable[[str], str]) -> str:
        return _PLACEHOLDER.sub(lambda match: quoted(self._value(match[1] or match[2])), text)

    def _value(self, name: str) -> str:
        if name not in self._values:
            raise CannotRun(f"{name} has no value", field=name)
        return self._values[name]


def _path_part(value: str) -> str:
    if value in (".", ".."):
        raise CannotRun("a value may not climb in a path")
    return quote(value, safe="")


def _host_part(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise CannotRun(f"{value!r} is not a host")
    return value
