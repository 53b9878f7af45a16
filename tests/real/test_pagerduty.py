"""The real client of PagerDuty, unmodified but for the address it is given."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pagerduty
import pytest
from served import Served, free_port
from waiting import until

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here (make setup-real)"),
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(
        "people: {mei: {name: Mei-Ling Chen, email: mei@example.com}}\n"
        "channels: {mail: {kind: email, host: 127.0.0.1, port: 1, from: tocsin@example.com}}\n"
        "services: {shop: {title: Shop, soak: 1s, soak_every: 1s}}\n"
    )
    server = Served(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 and its key, in one file."""
    path = tmp_path / "tls.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=127.0.0.1",
            ),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path.with_suffix(".key"), "-out", path),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".key").read_text())
    return path


@pytest.fixture
def address(served: Served, certificate: Path) -> Iterator[str]:
    """Tocsin behind a proxy that ends TLS: the client takes nothing but https."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    port, ready = free_port(), threading.Event()
    ending: list[Callable[[], object]] = []

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, outside = await asyncio.open_connection("127.0.0.1", served.port)
        await asyncio.gather(pipe(reader, outside), pipe(inside, writer))

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        ending.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with await asyncio.start_server(passed_on, "127.0.0.1", port, ssl=tls):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield f"https://127.0.0.1:{port}"
    ending[0]()
    thread.join(10)


@pytest.fixture
def connect(address: str, certificate: Path) -> Iterator[Callable[[str], pagerduty.EventsApiV2Client]]:
    """The client with this key."""
    trust = ssl.create_default_context(cafile=certificate)
    with contextlib.ExitStack() as stack:

        def connect(key: str) -> pagerduty.EventsApiV2Client:
            return stack.enter_context(pagerduty.EventsApiV2Client(key, base_url=address, verify=trust))

        yield connect


@pytest.fixture
def client(
    served: Served, connect: Callable[[str], pagerduty.EventsApiV2Client]
) -> pagerduty.EventsApiV2Client:
    return connect(served.key("pagerduty"))


def state(served: Served) -> str:
    return served.get("/api/v1/incidents")["items"][0]["state"]


def pages(served: Served, incident: str) -> int:
    """How many pages were begun, says the timeline."""
    items = served.get(f"/api/v1/incidents/{incident}/timeline")["items"]
    return sum(each["kind"] == "page.queued" for each in items)


def test_an_incident_is_opened_acknowledged_and_ended_by_the_client(
    served: Served, client: pagerduty.EventsApiV2Client
):
    details = {"service": "shop", "free": "0 %"}
    key = client.trigger("disk full", "host1", dedup_key="host1/disk", custom_details=details)
    assert key == "host1/disk"
    incident = until(served.incident, 20, "the incident")
    assert (incident["service"], incident["title"], incident["state"]) == ("shop", "disk full", "triggered")

    assert client.acknowledge(key) == key
    until(lambda: state(served) == "acknowledged", 20, "the acknowledgement")
    before = pages(served, incident["id"])
    assert before >= 1
    client.trigger("disk still full", "host1", dedup_key=key, custom_details=details)
    until(
        lambda: (
            served.get("/api/v1/alerts?state=firing")["items"][0]["annotations"]["summary"]
            == "disk still full"
        ),
        20,
        "the new words",
    )
    assert state(served) == "acknowledged"
    assert pages(served, incident["id"]) == before

    assert client.resolve(key) == key
    until(lambda: state(served) == "resolved", 60, "the resolution")
    client.trigger("disk full again", "host1", dedup_key=key, custom_details=details)
    until(lambda: len(served.get("/api/v1/incidents")["items"]) == 2, 20, "a new incident")


def test_without_a_key_the_client_is_told_one(served: Served, client: pagerduty.EventsApiV2Client):
    key = client.trigger("disk full", "host1")
    until(served.incident, 20, "the incident")
    client.resolve(key)
    until(lambda: not served.get("/api/v1/alerts?state=firing")["items"], 20, "the end")


def test_a_change_is_taken(served: Served, client: pagerduty.EventsApiV2Client):
    client.submit("Build 2 is out", "ci", timestamp="2026-11-21T08:42:58Z", links=[{"href": "https://ci/2"}])
    assert served.get("/api/v1/alerts")["items"] == []


def test_a_wrong_key_or_event_is_an_error_of_the_client(
    connect: Callable[[str], pagerduty.EventsApiV2Client], client: pagerduty.EventsApiV2Client
):
    with pytest.raises(pagerduty.Error, match="401"):
        connect("R" * 32).trigger("disk full", "host1")
    with pytest.raises(pagerduty.HttpError) as refused:
        client.send_event("trigger", payload={"summary": "no source", "severity": "info"})
    assert refused.value.response.status_code == 400
    assert refused.value.response.json()["errors"][0] == "payload.source: is required"
