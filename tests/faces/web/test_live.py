"""A page learns that something changed: once a burst, only while its reader may read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from burning import PASSWORD, Burning

from tocsin.faces.web import live
from tocsin.ground.accounts import Identity

MEI = Identity(kind="person", name="mei", role="admin", person="mei")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_CHECK_S", 0.2)


def told(shop: Burning, page: str, during: Callable[[], object], *, session: str = "") -> list[str]:
    """The events that a page gets while something happens, until half a second is quiet."""
    plain = session or shop.app.accounts.sign_in("mei", PASSWORD)

    async def listen() -> list[str]:
        hub = live.Hub(shop.app.store, shop.app.bell)
        await hub.start()
        try:
            topics = live._topics(shop.pages, page)
            stream = live._events(shop.pages, hub, topics, plain, MEI)
            heard = [await anext(stream)]
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, during)
            heard += await _until_quiet(stream)
            await stream.aclose()
            return heard
        finally:
            await hub.stop()

    events = asyncio.run(listen())
    return [
        line.removeprefix("event: ")
        for each in events
        for line in each.splitlines()
        if line.startswith("event")
    ]


async def _until_quiet(stream: AsyncIterator[str]) -> list[str]:
    heard: list[str] = []
    quiet = 0
    while quiet < 4:
        try:
            said = await anext(stream)
        except StopAsyncIteration:
            break
        quiet = quiet + 1 if said.startswith(":") else 0
        heard.append(said)
    return heard


def test_a_burst_is_told_in_few_words(shop: Burning):
    incident = shop.outage()

    def burst() -> None:
        for number in range(40):
            shop.app.incidents.note(incident, f"note {number}", "person:mei")

    heard = told(shop, f"incident:{incident}", burst)
    assert heard[0] == "hello"
    assert 1 <= heard.count("changed") <= 8


def test_a_page_hears_of_its_own_incident_only(shop: Burning):
    mine, other = shop.outage(), shop.queue()
    heard = told(shop, f"incident:{mine}", lambda: shop.app.incidents.note(other, "x", "person:mei"))
    assert "changed" not in heard


def test_the_dashboard_hears_of_every_incident(shop: Burning):
    assert "changed" in told(shop, "dashboard", shop.outage)


def test_what_a_run_prints_is_heard_by_its_page(shop: Burning):
    incident = shop.outage()
    run = shop.run(incident)
    assert "changed" in told(shop, f"incident:{incident}", lambda: shop.app.bell.ring(f"run:{run}"))


def test_a_stream_ends_soon_after_its_session(shop: Burning):
    session = shop.app.accounts.sign_in("mei", PASSWORD)
    heard = told(shop, "dashboard", lambda: shop.app.accounts.sign_out(session), session=session)
    assert heard[-1] == "bye"


def test_one_reader_does_not_take_all_streams(shop: Burning, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "_MOST_EACH", 1)

    async def two() -> tuple[bool, bool]:
        hub = live.Hub(shop.app.store, shop.app.bell)
        await hub.start()
        with hub.open({"dashboard"}, "mei") as first, hub.open({"dashboard"}, "mei") as second:
            taken = first is not None, second is not None
        with hub.open({"dashboard"}, "mei") as third:
            assert third is not None, "the first has left"
        assert hub.count() == 0
        await hub.stop()
        return taken

    assert asyncio.run(two()) == (True, False)


def test_the_house_goes_down_with_pages_open(shop: Burning):
    async def close() -> list[str]:
        hub = live.Hub(shop.app.store, shop.app.bell)
        await hub.start()
        session = shop.app.accounts.sign_in("mei", PASSWORD)
        stream = live._events(shop.pages, hub, {"dashboard"}, session, MEI)
        heard = [await anext(stream)]
        asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(hub.stop()))
        heard += [each async for each in stream]
        return heard

    assert asyncio.run(asyncio.wait_for(close(), 10))


@pytest.mark.parametrize("turns", range(6))
def test_the_house_goes_down_in_the_moment_in_which_something_happens(shop: Burning, turns: int):
    """A ring and the end may come at any distance from each other, counted in turns of the loop."""

    async def close() -> bool:
        hub = live.Hub(shop.app.store, shop.app.bell)
        await hub.start()
        await _turns(3)  # it waits for a ring
        hub._ring("alerts")
        await _turns(turns)
        stopping = asyncio.create_task(hub.stop())
        done, _ = await asyncio.wait([stopping], timeout=10)
        return bool(done)

    assert asyncio.run(close()), "it waits for its own end"


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)
