"""Providers call back: within bounds, with the address that they signed, and nothing happens that is not proven."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from burning import Burning
from pager import PROOF, Pager, Provider

from tocsin.act import notify
from tocsin.act.notify.channel import Call, Channel, Heard, Reachable
from tocsin.faces.web.channel_calls import LARGEST_CALL


class Listener(Pager):
    """Keeps what it hears."""

    def __init__(self, shop: Burning) -> None:
        super().__init__(Provider(), shop.app.outbound)
        self.calls: list[Call] = []

    def address(self, person: Reachable) -> str | None:
        return person.email

    def hear(self, call: Call) -> Heard:
        self.calls.append(call)
        return Heard() if call.method == "GET" else super().hear(call)


class Caller:
    """A provider's own client."""

    def __init__(self, shop: Burning) -> None:
        self._asgi = shop.asgi

    def send(self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None):
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._asgi)
            async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7") as client:
                return await client.request(method, path, content=content, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def caller(shop: Burning) -> Caller:
    return Caller(shop)


@pytest.fixture
def pager(shop: Burning, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    listener = Listener(shop)
    deliveries = shop.app.deliveries
    known = deliveries.channel

    def channel(name: str) -> Channel | None:
        return listener if name == "pager" else known(name)

    monkeypatch.setattr(deliveries, "channel", channel)
    return listener


def test_a_call_comes_with_the_address_that_its_provider_knows(caller: Caller, pager: Listener):
    path = "/channels/pager/status/a%2Fb?one=1&two=%20"
    answer = caller.send(
        "POST", path, content=b"[]", headers={**PROOF, "X-Signature": "s", "host": "elsewhere"}
    )
    assert answer.status_code == 200
    [call] = pager.calls
    assert call.url == "http://127.0.0.1:9911" + path
    assert call.rest == "status/a/b"
    assert call.query == (("one", "1"), ("two", " "))
    assert (call.method, call.body, call.headers["x-signature"]) == ("POST", b"[]", "s")
    assert caller.send("GET", "/channels/pager").status_code == 200
    assert pager.calls[1].rest == ""


def test_what_is_not_signed_is_refused_and_so_is_what_is_not_there(caller: Caller, pager: Listener):
    assert caller.send("POST", "/channels/pager", content=b"[]").status_code == 403
    assert caller.send("POST", "/channels/nothing", content=b"[]", headers=PROOF).status_code == 404
    assert caller.send("POST", "/channels/mail", content=b"[]", headers=PROOF).status_code == 404
    assert caller.send("PUT", "/channels/pager", content=b"[]", headers=PROOF).status_code == 405


def test_a_call_has_a_largest_size(caller: Caller, pager: Listener):
    whole = b"[" + b" " * (LARGEST_CALL - 2) + b"]"
    assert caller.send("POST", "/channels/pager", content=whole, headers=PROOF).status_code == 200
    assert caller.send("POST", "/channels/pager", content=whole + b" ", headers=PROOF).status_code == 413
    assert len(pager.calls) == 1


def test_a_provider_is_no_browser_and_gets_no_cookie(caller: Caller, pager: Listener):
    foreign = {**PROOF, "sec-fetch-site": "cross-site", "origin": "https://provider.example.com"}
    answer = caller.send("POST", "/channels/pager", content=b"[]", headers=foreign)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_a_channel_that_fails_while_it_reads_says_so_without_a_word_of_how(caller: Caller, pager: Listener):
    answer = caller.send("POST", "/channels/pager", content=b"no json", headers=PROOF)
    assert answer.status_code == 500
    assert "Traceback" not in answer.text


def test_a_button_acknowledges_the_incident_for_whom_it_was_meant(
    shop: Burning, caller: Caller, pager: Listener
):
    incident = shop.outage()
    with shop.app.store.read() as conn:
        page = next(each for each in notify.of_incident(conn, incident) if each.person == "jun")
    for address, state in (("ada@example.com", "triggered"), ("jun@example.com", "acknowledged")):
        report = f'[{{"kind": "acknowledged", "code": "{page.code}", "address": "{address}"}}]'
        assert (
            caller.send("POST", "/channels/pager", content=report.encode(), headers=PROOF).status_code == 200
        )
        assert shop.state(incident) == state
