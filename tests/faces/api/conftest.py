"""An API over real rooms: a shop, Mei and Jun, one runbook; engine and pager stand still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from tocsin import configuration
from tocsin.app import App
from tocsin.ground.kernel.clock import FrozenClock

CONFIGURATION = """
database: "{database}"
people:
  mei: {{name: Mei-Ling Chen, email: mei@example.com}}
  jun: {{name: Jun Wu}}
teams:
  backend: {{title: Backend, members: [mei, jun]}}
channels:
  mail: {{kind: email, host: 127.0.0.1, port: 9, from: tocsin@example.com}}
schedules:
  backend: {{time_zone: Asia/Taipei, layers: [{{people: [mei, jun], rotation: weekly, start: "2026-01-05T09:00"}}]}}
services:
  shop: {{title: Shop, team: backend, tier: core, runbooks: ["shop-*.md"], automatic: read, soak: 15m}}
"""
RUNBOOK = """---
service: shop
owner: backend
---
# Shop is down

## Diagnosis

```bash {name=look}
uptime
```

## Resolution

### Option 1: restart

```bash {name=restart}
supervisorctl restart shop
```

## Verification

```http {name=healthy}
GET <SHOP_URL>/health
```

Expect: `status == 200`
"""


class Caller:
    """A program that speaks to an application in this process, one request after another."""

    def __init__(self, asgi: ASGIApp, base: str) -> None:
        self._asgi = asgi
        self._base = base
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def request(self, method: str, path: str, *, content: Any = None, **more: Any) -> httpx.Response:
        """`content` may be a list of chunks: then the request does not say how long it is."""

        async def chunks() -> AsyncIterator[bytes]:
            for chunk in content:
                yield chunk

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._asgi, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url=self._base, cookies=self.cookies
            ) as client:
                body = chunks() if isinstance(content, list) else content
                return await client.request(method, path, content=body, **more)

        return asyncio.run(ask())


@pytest.fixture
def calling() -> Callable[..., Caller]:
    """Makes a caller of an application."""

    def make(asgi: ASGIApp, base: str = "http://tocsin") -> Caller:
        return Caller(asgi, base)

    return make


@pytest.fixture
def rooms(tmp_path: Path, database_url: str, clock: FrozenClock) -> Iterator[App]:
    """Everything that `tocsin up` builds, with the ledger at work and nothing else."""
    folder = tmp_path / "configuration"
    (folder / "runbooks").mkdir(parents=True)
    (folder / "tocsin.yaml").write_text(CONFIGURATION.format(database=database_url.replace("+psycopg", "")))
    (folder / "runbooks" / "shop-down.md").write_text(RUNBOOK)
    app = App(folder, configuration.load(folder).required(), clock)
    app.ledger.start()
    yield app
    app.ledger.stop()
    app.outbound.close()
    app.store.close()


@pytest.fixture
def client(rooms: App, calling: Callable[..., Caller]) -> Caller:
    """Nobody yet: tests say who they are with `as_`."""
    return calling(rooms.asgi, "http://tocsin/api/v1")


@pytest.fixture
def as_(rooms: App) -> Callable[..., dict[str, str]]:
    """Headers of a token with that role, and perhaps scopes."""

    def headers(role: Any, *scopes: str) -> dict[str, str]:
        name = "-".join((role, *scopes))
        return {"Authorization": f"Bearer {rooms.accounts.token_create(role, name, scopes)}"}

    return headers
