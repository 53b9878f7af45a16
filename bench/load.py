"""How fast does a server answer? A load generator of its own process, cheap enough not to be what is measured.

`python -m bench.load` reads one `Load` as JSON, builds every request before the clock starts, sends them over kept
connections (one request at a time on each) and prints one `Answered` as JSON. The same bytes go to every server but
for path and key. Loopback only, bounded in number and in time.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import cast

import msgspec
import uvloop

NAMES = ("KubePodCrashLooping", "KubePodNotReady", "CPUThrottlingHigh", "KubeJobFailed", "HighErrorRate")
SERVICES = ("checkout", "search", "login", "mail")


class Load(msgspec.Struct, kw_only=True):
    """`alerts` from number `first` on, `batch` to a request, over `connections` spread over `ports`.

    `at` is the moment that startsAt shows, `until` endsAt: both RFC 3339. `rate` bounds requests a second (0: as
    fast as the server answers). `seconds` is when to give up, whatever was answered by then.
    """

    ports: list[int]
    path: str
    alerts: int
    first: int = 0
    batch: int = 1
    connections: int = 32
    at: str
    until: str
    same: int = 0
    """How many different alerts there are: number n tells of alert n modulo `same`; 0 for all different."""
    severity: str = "warning"
    rate: float = 0
    seconds: float = 120


class Answered(msgspec.Struct, kw_only=True):
    """`latencies` in milliseconds, ascending; `taken` the numbers of the requests that were answered with 2xx."""

    seconds: float
    statuses: dict[str, int]
    latencies: list[float]
    taken: list[int]

    def quantile(self, part: float) -> float:
        return self.latencies[max(0, round(len(self.latencies) * part) - 1)] if self.latencies else 0.0


def pod(number: int) -> str:
    """The label by which the alert of that number differs from all others."""
    return f"pod-{number:07d}"


def alert(load: Load, number: int) -> dict[str, object]:
    """As the Prometheus of a cluster writes it: the labels and annotations of kube-prometheus."""
    about = number % load.same if load.same else number
    name, service = NAMES[about % len(NAMES)], SERVICES[about % len(SERVICES)]
    return {
        "labels": {
            "alertname": name,
            "cluster": "production",
            "container": "main",
            "endpoint": "http",
            "instance": f"10.{about >> 16 & 255}.{about >> 8 & 255}.{about & 255}:8080",
            "job": "kube-state-metrics",
            "namespace": service,
            "pod": pod(about),
            "prometheus": "monitoring/k8s",
            "service": service,
            "severity": load.severity,
        },
        "annotations": {
            "description": f"Pod {service}/{pod(about)} (main) is in waiting state (reason: CrashLoopBackOff).",
            "runbook_url": f"https://runbooks.prometheus-operator.dev/runbooks/kubernetes/{name.lower()}",
            "summary": "Pod is crash looping.",
        },
        "startsAt": load.at,
        "endsAt": load.until,
        "generatorURL": "http://prometheus-k8s-0:9090/graph?g0.expr=max_over_time%28kube_pod_container_status_"
        "waiting_reason%7Breason%3D%22CrashLoopBackOff%22%7D%5B5m%5D%29+%3E%3D+1&g0.tab=1",
    }


def requests(load: Load) -> list[bytes]:
    """Every request, whole."""
    encode = msgspec.json.Encoder().encode
    made: list[bytes] = []
    for first in range(load.first, load.first + load.alerts, load.batch):
        last = min(first + load.batch, load.first + load.alerts)
        body = encode([alert(load, number) for number in range(first, last)])
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


class _Connection(asyncio.Protocol):
    """Sends one request, waits for its answer, sends the next."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._request = -1
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        if not self._run.waiting:
            self._transport.close()
            return
        wait = self._run.wait()
        if wait > 0:
            self._run.loop.call_later(wait, self.send)
            return
        self._request = self._run.waiting.popleft()
        self._sent = time.perf_counter()
        self._transport.write(self._run.requests[self._request])

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if len(body) < length:
            return
        self._received = b""
        self._run.answered(self._request, head[9:12].decode(), time.perf_counter() - self._sent)
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost()


class _Run:
    def __init__(self, load: Load, made: list[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.requests = made
        self.waiting = deque(range(len(made)))
        self.over = loop.create_future()
        self._rate = load.rate
        self._sent = 0
        self._left = load.connections
        self._took: list[float] = []
        self._taken: list[int] = []
        self._statuses: Counter[str] = Counter()
        self._began = time.perf_counter()
        self._last = self._began

    def wait(self) -> float:
        """Seconds until the next request may leave."""
        if not self._rate:
            return 0
        due = self._began + self._sent / self._rate
        left = due - time.perf_counter()
        if left <= 0:
            self._sent += 1
        return left

    def answered(self, request: int, status: str, seconds: float) -> None:
        self._statuses[status] += 1
        self._took.append(seconds * 1000)
        self._last = time.perf_counter()
        if status.startswith("2"):
            self._taken.append(request)

    def lost(self) -> None:
        self._left -= 1
        if not self._left and not self.over.done():
            self.over.set_result(None)

    def result(self) -> Answered:
        return Answered(
            seconds=self._last - self._began,
            statuses=dict(self._statuses),
            latencies=sorted(self._took),
            taken=self._taken,
        )


async def _send(load: Load) -> Answered:
    loop = asyncio.get_running_loop()
    made = requests(load)
    gc.freeze()
    gc.disable()
    run = _Run(load, made, loop)
    connections: list[_Connection] = []
    for number in range(load.connections):
        port = load.ports[number % len(load.ports)]
        _, connection = await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
        connections.append(connection)
    run._began = time.perf_counter()
    for connection in connections:
        connection.send()
    try:
        await asyncio.wait_for(run.over, load.seconds)
    except TimeoutError:
        run.waiting.clear()
    return run.result()


def measure(load: Load) -> Answered:
    """Runs the load in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(load),
        stdout=subprocess.PIPE,
        check=True,
        cwd=Path(__file__).parent.parent,
        timeout=load.seconds + 60,
    )
    return msgspec.json.decode(done.stdout, type=Answered)


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_send(asked))))
