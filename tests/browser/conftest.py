"""A real Chromium that reaches nothing but this machine, and pages served to it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from burning import PASSWORD, Burning
from eyes import Reader
from playwright.sync_api import Browser, sync_playwright

from tocsin.faces.web import SESSION_COOKIE

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # One for each module: its event loop stands in the way of tests that run one of their own.
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine (make setup-real installs it)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield opened
        opened.close()


class Serving:
    """The pages of a house whose engine stands still, on a free port, with their live stream."""

    def __init__(self, house: Burning) -> None:
        self._house = house
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._stop = threading.Event()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._serving.wait(10)

    async def _serve(self) -> None:
        config = uvicorn.Config(self._house.asgi, lifespan="off", log_level="warning", ws="none")
        server = uvicorn.Server(config)
        await self._house.app.hub.start()
        task = asyncio.create_task(server.serve(sockets=[self._socket]))
        self._serving.set()
        await asyncio.get_running_loop().run_in_executor(None, self._stop.wait)
        await self._house.app.hub.stop()
        server.should_exit = True
        await task

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._socket.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Burning]:
    opened = Burning(tmp_path_factory.mktemp("house"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def served(house: Burning) -> Iterator[str]:
    """The address of the house."""
    serving = Serving(house)
    yield serving.url
    serving.stop()


@pytest.fixture
def reader(chromium: Browser, served: str, house: Burning) -> Iterator[Reader]:
    """Mei, signed in."""
    session = house.app.accounts.sign_in("mei", PASSWORD)
    opened = Reader(chromium, served, cookies={SESSION_COOKIE: session})
    yield opened
    opened.close()
