"""An API over real rooms: a shop, Mei and Jun, one runbook; engine and pager stand still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

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
def client(rooms: App) -> TestClient:
    """Nobody yet: tests say who they are with `as_`."""
    return TestClient(rooms.asgi, base_url="http://tocsin/api/v1", raise_server_exceptions=False)


@pytest.fixture
def as_(rooms: App) -> Callable[..., dict[str, str]]:
    """Headers of a token with that role, and perhaps scopes."""

    def headers(role: Any, *scopes: str) -> dict[str, str]:
        name = "-".join((role, *scopes))
        return {"Authorization": f"Bearer {rooms.accounts.token_create(role, name, scopes)}"}

    return headers
