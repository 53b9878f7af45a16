"""A receiver with one key for each kind of source, spoken to as a server would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.sense.alerts import Alert, AlertsSection, Ledger, list_alerts
from tocsin.sense.alerts.held import Folds
from tocsin.sense.changes import ChangeRecord, Changes
from tocsin.sense.heartbeats import Heartbeats
from tocsin.sense.intake import House, Mailbook, Quota, Receiver, every_source
from tocsin.sense.intake.section import IntakeSection
from tocsin.sense.measures import Measures

KINDS = tuple(every_source())


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An HTTP answer as the sender sees it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(kw_only=True)
class Intake:
    """Sends requests to a receiver, and shows what stands in the store."""

    receiver: Receiver
    ledger: Ledger
    store: Store
    clock: FrozenClock
    keys: dict[str, Key]
    rooms: House
    mailbook: Mailbook
    quota: Quota
    settings: Holder[IntakeSection]
    logged: list[str] = field(default_factory=list)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Sequence[bytes] = b"",
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        query: str = "",
        *,
        hang: bool = False,
        leaves: bool = False,
    ) -> Heard | None:
        """One request; None when the client is gone before an answer. `hang`: the body never ends; `leaves`: the
        client goes away in the middle of it."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        }
        chunks = [body] if isinstance(body, bytes) else list(body)
        return asyncio.run(self._ask(scope, chunks, hang, leaves))

    async def _ask(
        self, scope: dict[str, Any], chunks: list[bytes], hang: bool, leaves: bool
    ) -> Heard | None:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if chunks:
                chunk = chunks.pop(0)
                return {"type": "http.request", "body": chunk, "more_body": bool(chunks) or hang or leaves}
            if hang:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.receiver(scope, receive, send)
        if not sent:
            return None
        start, answer = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert int(headers["content-length"]) == len(answer["body"])
        heard = Heard(status=start["status"], headers=headers, body=answer["body"])
        is_json = heard.headers.get("content-type") == "application/json"
        if heard.status >= 400 and is_json and isinstance(heard.json, dict) and "error" in heard.json:
            told = heard.json["error"]
            assert told["message"], "who is refused hears why"
            assert told["fix"], f"who is refused hears what to do: {told}"
        return heard

    def post(self, kind: str, body: bytes | Sequence[bytes], **more: Any) -> Heard:
        """Posts JSON with the key of that kind, to where it belongs."""
        path = f"/in/in_{kind}" + ("/api/v2/alerts" if kind == "alertmanager" else "")
        heard = self.send(
            "POST", path, body, {"Content-Type": "application/json", **more.pop("headers", {})}, **more
        )
        assert heard is not None
        return heard

    def alerts(self) -> list[Alert]:
        with self.store.read() as conn:
            return list_alerts(conn, limit=1_000)

    def changes(self) -> list[ChangeRecord]:
        with self.store.read() as conn:
            return self.rooms.changes.listed(conn, limit=1_000)


@pytest.fixture
def intake(store: Store, clock: FrozenClock) -> Iterator[Intake]:
    keys = {
        f"in_{kind}": Key(id=f"key_{kind}", kind=kind, name=kind, service=None, created_at=clock.now())
        for kind in KINDS
    }
    keys["in_shop"] = Key(id="key_shop", kind="webhook", name="shop", service="shop", created_at=clock.now())
    find: Callable[[str], Key | None] = keys.get
    bell = Bell()
    ledger = Ledger(store, clock, AlertsSection, bell, lambda labels: labels.get("service") or "unassigned")
    ledger.start()
    heartbeats = Heartbeats(store, clock, ledger, bell)
    house = House(
        store=store,
        clock=clock,
        bell=bell,
        ledger=ledger,
        folds=Folds.over(store, clock, bell),
        changes=Changes(store, clock),
        heartbeats=heartbeats,
        measures=Measures(store, clock, lambda: {("shop", "users"), ("shop", "error_rate")}),
        started=clock.now(),
    )
    mailbook = Mailbook(store, clock)
    settings = Holder(IntakeSection())
    quota = Quota(store, clock, settings, ledger, lambda: "en")

    def by_id(id_: str) -> Key | None:
        return next((each for each in keys.values() if each.id == id_), None)

    yield Intake(
        receiver=Receiver(house, find, by_id, mailbook=mailbook, quota=quota),
        ledger=ledger,
        store=store,
        clock=clock,
        keys=keys,
        rooms=house,
        mailbook=mailbook,
        quota=quota,
        settings=settings,
    )
    ledger.stop()
