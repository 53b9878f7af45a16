"""Asks a web address and judges the answer.

    - {name: health, kind: http, url: "https://shop.example.com/health", expect: "status == 200 && ms < 500"}

`expect` is a condition in CEL over `status`, `headers` (names in lower case), `body`, `json` (the body, if it is JSON)
and `ms`. Without it, any status from 200 to 299 will do. Redirects are not followed: their status is what is judged.

With `connect_to: 203.0.113.7` (or `host:port`) that address is asked instead of the one that the name leads to, while
the name stays in `Host` and in TLS: so the origin is looked at past a CDN or a load balancer.

    - {name: cart, kind: http, url: "https://shop.example.com/users/${USER}/cart", users: [mei, jun, ada]}

With `users` each of them is asked for, in place of `${USER}` in the address, the headers and the body, and the check
passes only when it does for all of them. `bearer` is the token of the header Authorization.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Annotated, Any, Literal, cast
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged
from tocsin.act.guard import Level, judge
from tocsin.ground.kernel.addresses import parse_place
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import SecretOrText, reveal

LARGEST = 1 << 20
_SHOWN = 300
_USER = "${USER}"
_LEAST_S = 0.05


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
    bearer: SecretOrText | None = Field(
        default=None, description="Token of the header Authorization: a secret."
    )
    users: tuple[str, ...] = Field(
        default=(),
        max_length=50,
        description="Asked for one by one, in place of ${USER}; all have to be well.",
    )
    expect: Expectation = Field(
        default="status >= 200 && status < 300", description="Condition over status, headers, json, body, ms."
    )


class Http(Probe[HttpSettings]):
    title = "HTTP request"
    by_step = True
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
        {
            "name": "recommendations",
            "kind": "http",
            "url": "https://shop.example.com/users/${USER}/recommendations",
            "bearer": "env:SHOP_TOKEN",
            "users": ["mei", "jun", "ada"],
            "expect": "status == 200 && json.count > 5",
            "value": "json.count",
        },
    )

    @classmethod
    def level(cls, settings: HttpSettings) -> Level:
        return judge("http", f"{settings.method} {settings.url}").level

    def look(self) -> Finding:
        if not self.settings.users:
            return self._ask("", self.timeout_s)
        deadline = time.monotonic() + self.timeout_s
        found = [
            (user, self._ask(user, max(_LEAST_S, deadline - time.monotonic())))
            for user in self.settings.users
        ]
        failed = [(user, each) for user, each in found if not each.ok]
        user, worst = max(failed or found, key=lambda each: each[1].ms)
        text = f"{len(failed)} of {len(found)} users: {user} {worst.text}" if failed else worst.text
        return replace(worst, text=text if failed else f"{len(found)} users, at most {text}")

    def _ask(self, user: str, timeout: float) -> Finding:
        settings = self.settings
        body = _for(user, settings.body)
        is_json = isinstance(body, dict | list)
        headers = {name: reveal(value) for name, value in settings.headers.items()}
        if settings.bearer is not None:
            headers["Authorization"] = f"Bearer {reveal(settings.bearer)}"
        answer = self.outbound.request(
            settings.method,
            settings.url.replace(_USER, quote(user, safe="")) if user else settings.url,
            headers={name: _for(user, value) for name, value in headers.items()},
            content=body.encode() if isinstance(body, str) else None,
            json=body if is_json else None,
            timeout=timeout,
            trusted=True,
            limit=LARGEST,
            connect_to=settings.connect_to,
        )
        return judged(
            settings,
            settings.expect,
            _outcome(answer),
            text=f"{answer.status} in {answer.ms:.0f} ms",
            ms=answer.ms,
            default=float(answer.status),
            detail={"body": answer.text[:_SHOWN]},
        )


def _for(user: str, value: Any) -> Any:
    """The value with the user in place of `${USER}`, at any depth."""
    if not user:
        return value
    if isinstance(value, str):
        return value.replace(_USER, user)
    if isinstance(value, dict):
        return {name: _for(user, each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_for(user, each) for each in cast("list[Any]", value)]
    return value


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
