"""A workspace of Slack, a shop with people of every role, and Tocsin between them; engine and pager stand still."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from argon2 import PasswordHasher
from slack_stub import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackStub, signature_of

from tocsin import configuration
from tocsin.app import App
from tocsin.ground.accounts import Accounts, role_of
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.respond.incidents import Incident

CONFIGURATION = """
database: "{database}"
public_url: https://tocsin.example.com
people:
  mei: {{name: Mei-Ling Chen, email: mei@example.com, addresses: {{slack: U0MEI}}}}
  jun: {{name: Jun Wu, email: jun@example.com}}
  vic: {{name: Vic Ho, addresses: {{slack: U0VIC}}, language: zh_Hant}}
  ann: {{name: Ann Lee, addresses: {{slack: U0ANN}}}}
  kim: {{name: Kim Tan, addresses: {{slack: U0KIM}}}}
teams:
  backend: {{title: Backend, members: [mei, jun]}}
channels:
  chat: {{kind: slack, token: "env:SLACK_BOT_TOKEN", api_url: "{api}"}}
  room: {{kind: slack, token: "env:SLACK_BOT_TOKEN", api_url: "{api}", room: C0GENERAL}}
slack: {{bot_token: "env:SLACK_BOT_TOKEN", {door}, api_url: "{api}"}}
schedules:
  backend: {{time_zone: Asia/Taipei, layers: [{{people: [mei, jun], rotation: weekly, start: "2026-01-05T09:00"}}]}}
services:
  shop: {{title: Shop, team: backend, tier: core, runbooks: ["shop-*.md"], automatic: read, escalation: backend}}
escalations:
  backend: {{steps: [{{page: ["person:mei"]}}, {{page: ["person:jun"], after: 5m}}]}}
stakeholders:
  board: {{title: Board, template: management, people: [ann]}}
"""
RUNBOOK = """---
service: shop
owner: backend
---
# Shop is down

## Resolution

### Option 1: restart

```bash {name=restart level=change}
systemctl restart shop
```

### Option 2: start anew

```bash {name=wipe level=destroy}
rm -rf /var/lib/shop
```
"""


@dataclass
class Chat:
    """What a story needs: the workspace, Tocsin, and the way in."""

    slack: SlackStub
    app: App
    clock: FrozenClock

    def post(
        self, door: str, body: str | bytes, *, signed: dict[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """A post to `/chat/slack/…` as Slack makes it, now."""
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        proof = signature_of(text, SIGNING_SECRET, self.clock.now().timestamp()) if signed is None else signed
        sent = [
            (name.encode(), value.encode("latin-1"))
            for name, value in {
                "content-type": "application/x-www-form-urlencoded",
                **proof,
                **headers,
            }.items()
        ]

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app.asgi, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://tocsin") as client:
                got = await client.post(f"/chat/slack/{door}", content=body, headers=sent)
                # What is told afterwards is told before the loop ends.
                rest = asyncio.all_tasks() - {asyncio.current_task()}
                await asyncio.gather(*rest)
                return got

        return asyncio.run(ask())

    def says(self, text: str, user: str = "U0MEI", channel: str = "C0GENERAL") -> dict[str, Any]:
        """`/tocsin text`, and the answer."""
        got = self.post("commands", urlencode(self.slack.command_payload(text, user, channel)))
        assert got.status_code == 200, got.text
        return got.json()

    def told(self, text: str, user: str = "U0MEI", channel: str = "C0GENERAL") -> str:
        """The text of the answer that only who asked sees."""
        answer = self.says(text, user, channel)
        assert answer["response_type"] == "ephemeral", answer
        return answer["text"]

    def declared(self, title: str = "Checkout is down", severity: str = "") -> Incident:
        return self.app.incidents.declare(title, "shop", severity, "", "person:mei")

    def incident(self, number: str) -> Incident:
        with self.app.store.read() as conn:
            return self.app.incidents.get(conn, number)

    def only(self) -> Incident:
        with self.app.store.read() as conn:
            [found] = self.app.incidents.list(conn)
        return found

    def paged(self) -> None:
        """Lets what is to be sent leave."""
        self.app.deliveries.sweep()
        assert self.app.deliveries.wait_idle(10)


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    stub = SlackStub()
    for name in ("mei", "vic", "ann", "kim"):
        stub.add_user(f"U0{name.upper()}", name, f"{name}@example.com")
    stub.add_user("U0JUN9", "junwu", "Jun@Example.com")
    stub.add_user("U0EVE", "eve", "eve@elsewhere.example")
    yield stub
    stub.stop()


@pytest.fixture
def door() -> str:
    """How Slack reaches Tocsin."""
    return "signing_secret: 'env:SLACK_SIGNING_SECRET'"


@pytest.fixture
def chat(
    door: str,
    tmp_path: Path,
    database_url: str,
    clock: FrozenClock,
    slack: SlackStub,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Chat]:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SIGNING_SECRET)
    # A machine under load is slow without being wrong: what comes late is a story of its own.
    monkeypatch.setattr("tocsin.faces.chat.http.AT_ONCE_S", 60.0)
    folder = tmp_path / "configuration"
    (folder / "runbooks").mkdir(parents=True)
    database = database_url.replace("+psycopg", "")
    (folder / "tocsin.yaml").write_text(CONFIGURATION.format(database=database, api=slack.api_url, door=door))
    (folder / "runbooks" / "shop-down.md").write_text(RUNBOOK)
    app = App(folder, configuration.load(folder).required(), clock)
    quick = Accounts(app.store, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for name, role in (("mei", "operator"), ("jun", "responder"), ("vic", "viewer"), ("ann", "approver")):
        quick.create(name, role_of(role), "a long password", person=name)
    app.ledger.start()
    app.deliveries.start()
    yield Chat(slack=slack, app=app, clock=clock)
    app.socket_mode.stop()
    app.deliveries.stop()
    app.ear.stop()
    app.tidy.stop()
    app.ledger.stop()
    app.outbound.close()
    app.store.close()
