"""The limits of the HTTP server, over real sockets: slow clients, odd requests, crowds, clients in a hurry."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from waiting import until

from tocsin import connections
from tocsin.connections import Doorkeeper, room_for_connections
from tocsin.sense.intake.source import Answer

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
Start = Callable[..., "Running"]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body; `/refuse` answers at once, `/much` with a lot."""
    size = 0
    if scope["path"] != "/refuse":
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
    body = b" " * 50_000_000 if scope["path"] == "/much" else str(size).encode()
    headers = [(b"content-length", b"%d" % len(body))]
    status = 200
    if scope["path"] == "/refuse":
        status = 413
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True)
class Heard:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> Any:
        return json.loads(self.body)["error"]


@dataclass
class Running:
    port: int
    doorkeeper: Doorkeeper

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))

    def ask(self, *parts: bytes) -> list[Heard]:
        """Everything that is heard until the server closes, or falls silent after whole answers."""
        with self.connect() as made:
            for part in parts:
                made.sendall(part)
            return heard(made)


def heard(made: socket.socket) -> list[Heard]:
    found: list[Heard] = []
    data = b""
    while True:
        head, ended, rest = data.partition(b"\r\n\r\n")
        if ended:
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            size = int(headers["content-length"])
            if len(rest) >= size:
                found.append(Heard(int(first.split()[1]), headers, rest[:size]))
                data = rest[size:]
                if headers.get("connection") != "close" and not data:
                    return found
                continue
        chunk = made.recv(65_536)
        if not chunk:
            return found
        data += chunk


@pytest.fixture
def start() -> Iterator[Start]:
    """Serves `echo` as `tocsin up` serves, with room for so many connections."""
    stops: list[Callable[[], None]] = []

    def serve(most: int = 100, take: connections.Take | None = None) -> Running:
        doorkeeper = Doorkeeper(most)
        config = uvicorn.Config(
            echo, port=0, http=connections.connections(doorkeeper, take), ws="none", loop="uvloop", lifespan="off",
            log_config=None, access_log=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])), daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = server.force_exit = True
            thread.join(20)
            bound.close()
            assert not thread.is_alive()

        stops.append(stop)
        end = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < end
            time.sleep(0.01)
        return Running(bound.getsockname()[1], doorkeeper)

    yield serve
    for stop in stops:
        stop()


def post(size: int, *headers: bytes, path: bytes = b"/") -> bytes:
    lines = [b"POST %s HTTP/1.1" % path, b"Host: a", *headers, b"Content-Length: %d" % size]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def test_requests_are_answered_one_after_another_on_one_connection(start: Start):
    running = start()
    with running.connect() as made:
        for size in (0, 3, 300_000):
            made.sendall(post(size) + b"x" * size)
            assert [each.body for each in heard(made)] == [str(size).encode()]
        made.sendall(GET + GET + post(2) + b"ab")
        answers: list[Heard] = []
        while len(answers) < 3:
            answers += heard(made)
        assert [each.body for each in answers] == [b"0", b"0", b"2"]


@pytest.mark.parametrize(
    "request_",
    [
        post(3, b"Content-Length: 4") + b"abcd",
        post(3, b"Content-Length: 3") + b"abc",
        post(3, b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n",
        b"GET / HTTP/1.1\r\nX : y\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_two_readers_may_understand_in_two_ways_is_refused_and_closed(start: Start, request_: bytes):
    (answer,) = start().ask(request_)
    assert answer.status in (400, 405), "a TLS greeting begins with no verb"
    assert answer.headers["connection"] == "close"
    assert answer.error["fix"]


def test_a_verb_that_nobody_knows_hears_which_there_are(start: Start):
    (answer,) = start().ask(b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (answer.status, answer.headers["connection"]) == (405, "close")
    assert "POST" in answer.headers["allow"]


def test_more_than_was_announced_does_not_spoil_the_answer(start: Start):
    (answer,) = start().ask(post(3) + b"abcdefgh and more")
    assert (answer.status, answer.body, answer.headers["connection"]) == (200, b"3", "close")


@pytest.mark.parametrize(("count", "status"), [(99, 200), (100, 200), (101, 431)])
def test_headers_are_counted(start: Start, count: int, status: int):
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(count - 1))
    answers = start().ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
    assert [each.status for each in answers] == [status]


@pytest.mark.parametrize(("more", "status"), [(-1, 200), (0, 200), (1, 431)])
def test_headers_are_measured(start: Start, more: int, status: int):
    padding = b"p" * (16 * 1024 - len("hostax") + more)
    answers = start().ask(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + padding + b"\r\n\r\n")
    assert [each.status for each in answers] == [status]


def test_a_head_without_end_is_cut_off(start: Start):
    running = start()
    for first in (b"GET /", b"GET / HTTP/1.1\r\nX: "):
        with running.connect() as made:
            with contextlib.suppress(OSError):
                made.sendall(first)
                for _ in range(20):
                    made.sendall(b"a" * 4_096)
            (answer,) = heard(made)
            assert (answer.status, answer.headers["connection"]) == (431, "close")


def test_a_slow_head_and_a_slow_body_are_given_up(start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    running = start()
    for part in (
        b"GET / HT",
        post(10) + b"abc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    ):
        (answer,) = running.ask(part)
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert answer.error["fix"]
    assert running.ask() == [], "who asks nothing is let go without a word"
    with running.connect() as made:
        made.sendall(GET)
        assert [each.status for each in heard(made)] == [200]
        made.sendall(b"GET / H")
        assert [each.status for each in heard(made)] == [408], "also the second head of a connection"


def test_who_writes_first_and_reads_later_hears_why_it_was_refused(start: Start):
    running = start()
    with running.connect() as made:
        made.sendall(post(8_000_000, path=b"/refuse"))
        for _ in range(80):
            made.sendall(b"x" * 100_000)
        (answer,) = heard(made)
        assert answer.status == 413


def test_who_goes_on_writing_for_ever_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "LINGER_BYTES", 200_000)
    running = start()

    def write(made: socket.socket) -> None:
        made.sendall(b"POST /refuse HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            made.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    with running.connect() as made, pytest.raises(OSError):
        write(made)


def test_a_crowd_from_one_address_leaves_room_for_others(start: Start):
    running = start(most=40)
    crowd = [running.connect() for _ in range(60)]
    try:
        with running.connect("127.0.0.2") as other:
            other.sendall(GET)
            assert [each.status for each in heard(other)] == [200]
        until(lambda: len(running.doorkeeper) <= 11, what="the crowd has a quarter of the room")
        crowd[-1].sendall(GET)
        assert [each.status for each in heard(crowd[-1])] == [200], "who came last has a place"
        assert crowd[0].recv(10) == b"", "who idled longest has none"
    except ConnectionResetError:
        pass  # as the oldest of the crowd may hear it
    finally:
        for each in crowd:
            each.close()


def test_who_is_being_served_is_not_dropped_for_a_newcomer(start: Start):
    running = start(most=8)
    busy = [running.connect() for _ in range(2)]
    for each in busy:
        each.sendall(post(10) + b"abc")
    until(lambda: len(running.doorkeeper) == 2, what="both are in")
    for _ in range(5):
        with running.connect() as made, contextlib.suppress(OSError):
            made.sendall(GET)
            made.recv(100)
    for each in busy:
        each.sendall(b"defghij")
        assert [answer.body for answer in heard(each)] == [b"10"]
        each.close()


def test_two_thousand_slow_clients_leave_the_server_usable(start: Start):
    room_for_connections()
    running = start(most=400)
    slow: list[socket.socket] = []
    try:
        for _ in range(2_000):
            made = running.connect()
            slow.append(made)
            with contextlib.suppress(OSError):
                made.sendall(b"POST / HTTP/1.1\r\nX-Slow: ")
            if len(slow) % 100 == 0:
                assert [each.status for each in running.ask(GET)] == [200]
        assert len(running.doorkeeper) <= 101
        with running.connect("127.0.0.2") as other:
            other.sendall(GET)
            assert [each.status for each in heard(other)] == [200]
    finally:
        for made in slow:
            made.close()


def test_who_does_not_read_is_let_go(start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "WRITE_SECONDS", 0.2)
    running = start()
    with running.connect() as made:
        made.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: len(running.doorkeeper) == 1, what="it is in")
        until(lambda: len(running.doorkeeper) == 0, what="it is let go")


def test_the_doorkeeper_forgets_who_has_left(start: Start):
    running = start()
    for _ in range(5):
        running.ask(GET)
    until(lambda: len(running.doorkeeper) == 0, what="all have left")


def later(
    path: bytes, _: Sequence[tuple[bytes, bytes]], body: bytes, respond: Callable[[Answer], None]
) -> bool:
    """A short way for `/short`, whose answers take their time, but for what says `at once`."""
    if path != b"/short":
        return False
    answer = Answer(status=202, body=b"short: " + body, headers=(("x-way", "short"),))
    if body == b"at once":
        respond(answer)
    else:
        asyncio.get_running_loop().call_later(0.05, respond, answer)
    return True


def test_a_request_in_one_piece_may_be_answered_on_the_short_way(start: Start):
    running = start(take=later)
    for body in (b"at once", b"in a while"):
        (answer,) = running.ask(post(len(body), path=b"/short") + body)
        assert (answer.status, answer.headers["x-way"], answer.body) == (202, "short", b"short: " + body)


def test_answers_of_both_ways_keep_the_order_of_the_requests(start: Start):
    running = start(take=later)
    slow = post(4, path=b"/short") + b"slow"
    other = post(5) + b"other"
    quick = post(7, path=b"/short") + b"at once"
    answers: list[Heard] = []
    with running.connect() as made:
        made.sendall(quick + slow + other + quick + slow)
        while len(answers) < 5:
            answers += heard(made)
    # What comes behind one that waits goes the long way, which knows how to queue.
    assert [each.body for each in answers] == [b"short: at once", b"short: slow", b"5", b"7", b"4"]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((post(4, path=b"/short"), b"slow"), id="in two pieces"),
        pytest.param((post(4, path=b"/short") + b"sl", b"ow"), id="cut in its body"),
        pytest.param((post(4, b"Connection: close", path=b"/short") + b"slow",), id="to be closed"),
        pytest.param((post(4, path=b"/short").replace(b"1.1", b"1.0") + b"slow",), id="HTTP/1.0"),
        pytest.param((post(4, path=b"/short").replace(b"POST", b"PUT") + b"slow",), id="no POST"),
    ],
)
def test_whatever_is_unusual_goes_the_long_way(start: Start, parts: tuple[bytes, ...]):
    running = start(take=later)
    with running.connect() as made:
        for part in parts:
            made.sendall(part)
            time.sleep(0.05)  # so that they come apart
        answers = heard(made)
    assert answers
    assert all("x-way" not in each.headers for each in answers)


def test_who_leaves_before_the_answer_harms_nobody(start: Start):
    running = start(take=later)
    with running.connect() as made:
        made.sendall(post(4, path=b"/short") + b"slow")
    (answer,) = running.ask(post(4, path=b"/short") + b"slow")
    assert answer.body == b"short: slow"
