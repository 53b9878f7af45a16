"""Asks a web address and judges the answer.

    - {name: health, kind: http, url: "https://shop.example.com/health", expect: "status == 200 && ms < 500"}

`expect` is a condition in CEL over `status`, `headers` (names in lower case), `body`, `json` (the body, if it is JSON)
and `ms`. Without it, any status from 200 to 299 will do. Redirects are not followed: their status is what is judged.

With `connect_to: 203.0.113.7` (or `host:port`) that address is asked instead of the one that the name leads to, while
the name stays in `Host` and in TLS: so the origin is looked at past a CDN or a load balancer.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judge
from tocsin.ground.kernel.addresses import parse_place
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import SecretOrText, reveal

LARGEST = 1 << 20
_SHOWN = 300


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a web address begins with http:// or https:// and names a host")
    if parts.username or parts.password:
        raise ValueError("no user and password in a web address; put them into headers")
    return value


def _place(value: str) -> str:
    parse_place(value)
    return value


class HttpSettings(CheckSettings):
    url: Annotated[str, AfterValidator(_address)] = Field(description="What to ask.")
    connect_to: Annotated[str, AfterValidator(_place)] | None = Field(
        default=None, description="Address to dial instead of that of the name: the origin behind a CDN."
    )
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="How to ask."
    )
    headers: dict[str, SecretOrText] = Field(default_factory=dict, description="Sent with the request.")
    body: str | dict[str, Any] | list[Any] | None = Field(
        default=None, description="Text as it is; a map or list is sent as JSON."
    )
    expect: Expectation = Field(
        default="status >= 200 && status < 300", description="Condition over status, headers, json, body, ms."
    )


class Http(Probe[HttpSettings]):
    title = "HTTP request"
    Settings = HttpSettings
    examples = (
        {"name": "health", "kind": "http", "url": "https://shop.example.com/health"},
        {
            "name": "order",
            "kind": "http",
            "url": "https://shop.example.com/orders",
            "method": "POST",
            "headers": {"Authorization": "env:SHOP_TOKEN"},
            "body": {"item": "tea", "count": 1},
            "expect": 'status == 201 && json.state == "accepted" && ms < 500',
            "timeout": "5s",
        },
        {
            "name": "origin",
            "kind": "http",
            "url": "https://shop.example.com/health",
            "connect_to": "203.0.113.7",
        },
    )

    def look(self) -> Finding:
        settings = self.settings
        is_json = isinstance(settings.body, dict | list)
        answer = self.outbound.request(
            settings.method,
            settings.url,
            headers={name: reveal(value) for name, value in settings.headers.items()},
            content=settings.body.encode() if isinstance(settings.body, str) else None,
            json=settings.body if is_json else None,
            timeout=self.timeout_s,
            trusted=True,
            limit=LARGEST,
            connect_to=settings.connect_to,
        )
        ok, why = judge(settings.expect, _outcome(answer))
        text = f"{answer.status} in {answer.ms:.0f} ms"
        return Finding(
            check=settings.name,
            ok=ok,
            text=text if ok else f"{text}: {why}",
            ms=answer.ms,
            value=float(answer.status),
            detail={} if ok else {"body": answer.text[:_SHOWN]},
        )


def _outcome(answer: Answer) -> dict[str, Any]:
    try:
        parsed = json.loads(answer.body)
    except (ValueError, RecursionError):
        parsed = None
    return {
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": answer.text,
        "json": parsed,
        "ms": answer.ms,
    }
