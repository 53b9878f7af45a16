"""Too much at once: huge bodies, slow clients, a key that never stops. Memory stays, and pages go out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.peers import memory_of
from receiver import Receiver
from served import Served
from waiting import until

from tocsin.connections import room_for_connections

FULL = os.environ.get("TOCSIN_FAULTS") == "full"
BODIES = 200
GROWTH_MIB = 128  # without the budget it would be a gigabyte
SLOW = 2_000 if FULL else 600
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"
CONFIGURATION = """
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
intake: {{alerts_per_minute: 60, burst: 100}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}]}}}}
services:
  bank: {{title: Bank, escalation: all}}
  safe: {{title: Safe, escalation: all}}
  shop: {{title: Shop, escalation: all}}
"""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def served(tmp_path: Path, hook: Receiver) -> Iterator[Served]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(CONFIGURATION.format(hook=hook.url))
    server = Served(folder)
    try:
        yield server.start()
    finally:
        server.stop()
    assert "Traceback" not in server.log()


def sends(served: Served, key: str, name: str, service: str = "bank") -> int:
    sent = {"name": name, "labels": {"service": service, "severity": "critical"}}
    return served.ask("POST", f"/in/{key}", sent)[0]


def pages(hook: Receiver, name: str) -> bool:
    return any(name in str(each[2]) for each in hook.messages)


async def pour(port: int, key: str, megabytes: int) -> int:
    """Sends a body without end; the status that it gets, or 0 where the connection was just cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /in/{key}/api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    writer.write(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
    try:
        for _ in range(megabytes * 16):
            writer.write(CHUNK)
            await writer.drain()
            if reader._buffer:  # type: ignore[attr-defined] - the answer is there before the end was sent
                break
        line = await asyncio.wait_for(reader.readline(), 30)
        return int(line.split()[1]) if line else 0
    except ConnectionError:
        return 0
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def pour_all(port: int, key: str, megabytes: int) -> list[int]:
    return await asyncio.gather(*(pour(port, key, megabytes) for _ in range(BODIES)))


@pytest.mark.timeout(300)
def test_two_hundred_bodies_without_end_cost_little_memory(served: Served, hook: Receiver):
    key, quiet = served.key("alertmanager"), served.key("webhook")
    assert served.process
    assert sends(served, quiet, "First", "safe") == 202  # so that what is only needed once is there
    until(lambda: pages(hook, "First"), 60, "a first page")
    Path(f"/proc/{served.process.pid}/clear_refs").write_text("5")  # the peak begins anew
    before = memory_of(served.process.pid, "VmRSS")
    statuses: list[int] = []
    flood = threading.Thread(
        target=lambda: statuses.extend(asyncio.run(pour_all(served.port, key, 1_024 if FULL else 64)))
    )
    flood.start()
    assert sends(served, quiet, "VaultOpen") == 202
    until(lambda: pages(hook, "VaultOpen"), 60, "a page in the flood")
    flood.join(200)
    most = memory_of(served.process.pid, "VmHWM")
    print(f"{BODIES} bodies: {sorted(set(statuses))}, {before:.0f} MiB before, {most:.0f} MiB at most")
    assert len(statuses) == BODIES
    assert set(statuses) <= {0, 408, 413, 429, 503}
    assert most - before < GROWTH_MIB


@pytest.mark.timeout(300)
def test_slow_clients_leave_intake_usable(served: Served, hook: Receiver):
    room_for_connections()
    key, other = served.key("webhook"), served.key("webhook")
    slow: list[socket.socket] = []
    try:
        for number in range(SLOW):
            made = socket.create_connection(("127.0.0.1", served.port), timeout=20)
            slow.append(made)
            with contextlib.suppress(OSError):
                half = b"Content-Length: 100\r\n\r\n{" if number % 2 else b"X-Slow: "
                made.sendall(
                    f"POST /in/{other} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".encode()
                )
                made.sendall(half)
        for number in range(20):
            assert sends(served, key, f"Vault{number}") == 202
        until(lambda: pages(hook, "Vault0"), 60, "a page among slow clients")
    finally:
        for made in slow:
            made.close()


@pytest.mark.timeout(300)
def test_a_key_that_never_stops_is_limited_and_everybody_else_pages(served: Served, hook: Receiver):
    loud, quiet = served.key("webhook"), served.key("webhook")
    stop = threading.Event()
    statuses: set[int] = set()

    def shout() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            statuses.add(sends(served, loud, f"Loud{number}", "shop"))

    crowd = [threading.Thread(target=shout) for _ in range(4)]
    for each in crowd:
        each.start()
    try:
        until(lambda: 429 in statuses, 60, "the first refusal")
        assert sends(served, quiet, "VaultOpen") == 202
        until(lambda: pages(hook, "VaultOpen"), 60, "the page of the quiet key")
        until(lambda: limited(served), 60, "the alert that a key is limited")
        assert sends(served, quiet, "SafeOpen", "safe") == 202
        until(lambda: pages(hook, "SafeOpen"), 60, "another page of the quiet key")
    finally:
        stop.set()
        for each in crowd:
            each.join(60)
    assert statuses == {202, 429}
    assert len(limited(served)) == 1
    told = [each for each in served.get("/api/v1/incidents")["items"] if "IntakeLimited" in json.dumps(each)]
    assert len(told) <= 1, "one incident at most tells of it"


def limited(served: Served) -> list[object]:
    found = served.get("/api/v1/alerts?state=firing&limit=200")["items"]
    return [each for each in found if each["name"] == "IntakeLimited"]
