"""The one client: where it goes, where it never goes, and what it does about servers that misbehave."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import authority
import pytest

from tocsin.ground.kernel.outbound import Outbound, OutboundFailed, OutboundRefused

Say = Callable[[socket.socket], None]


class Receiver:
    """A server that reads one request a connection and then does what it was told, byte by byte."""

    def __init__(self, say: Say, *, tls: ssl.SSLContext | None = None) -> None:
        self._say = say
        self._tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                chunk = connection.recv(65_536)
                if not chunk:
                    return
                data += chunk
            head, _, body = data.partition(b"\r\n\r\n")
            length = next(
                (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0"
            )
            while len(body) < min(int(length.partition(b":")[2]), 1_000_000):
                body += connection.recv(65_536)
            data = head + b"\r\n\r\n" + body
            self.requests.append(data)
            self._say(connection)
        except OSError:
            return
        finally:
            connection.close()

    def close(self) -> None:
        self._listener.close()
        for connection in self._open:
            connection.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Receiver]]:
    running: list[Receiver] = []

    def start(say: Say | bytes, **options: ssl.SSLContext) -> Receiver:
        receiver = Receiver(
            (lambda connection: connection.sendall(say)) if isinstance(say, bytes) else say, **options
        )
        running.append(receiver)
        return receiver

    yield start
    for receiver in running:
        receiver.close()


@pytest.fixture
def client() -> Iterator[Callable[..., Outbound]]:
    made: list[Outbound] = []

    def make(*args: object, **options: object) -> Outbound:
        made.append(Outbound(*args, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def outbound(client: Callable[..., Outbound]) -> Outbound:
    return client()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\nX-A: 1\r\nX-A: 2\r\n\r\nhi"


def _kept_alive(connection: socket.socket) -> None:
    connection.sendall(OK.replace(b"Connection: close\r\n", b""))
    connection.recv(1)


def test_it_sends_json_and_reads_the_answer(serve: Callable[..., Receiver], outbound: Outbound):
    receiver = serve(OK)

    answer = outbound.request(
        "post", receiver.url + "hook?a=1", json={"name": "美玲"}, headers={"X-B": "c"}, trusted=True
    )

    assert (answer.status, answer.text, answer.headers["x-a"], answer.cut) == (200, "hi", "1, 2", False)
    assert answer.ms > 0
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{receiver.port}".encode() in head
    assert b"x-b: c" in head
    assert b"content-type: application/json" in head
    assert f"content-length: {len(body)}".encode() in head
    assert body == '{"name":"美玲"}'.encode()


def test_what_is_not_trusted_does_not_reach_this_machine(serve: Callable[..., Receiver], outbound: Outbound):
    receiver = serve(OK)
    with pytest.raises(OutboundRefused, match="not a public address"):
        outbound.request("GET", receiver.url)
    assert receiver.connections == 0


def test_a_connection_of_a_trusted_request_does_not_carry_one_that_is_not(
    serve: Callable[..., Receiver], outbound: Outbound
):
    receiver = serve(_kept_alive)
    outbound.request("GET", receiver.url, trusted=True)
    with pytest.raises(OutboundRefused):
        outbound.request("GET", receiver.url)
    assert receiver.connections == 1


def test_a_permission_counts_from_the_moment_it_is_given_until_it_is_taken(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    allowed: list[str] = []
    outbound = client(lambda: allowed)
    receiver = serve(_kept_alive)
    with pytest.raises(OutboundRefused):
        outbound.request("GET", receiver.url)
    allowed.append("127.0.0.0/8")
    assert outbound.request("GET", receiver.url).status == 200
    allowed.clear()
    with pytest.raises(OutboundRefused):
        outbound.request("GET", receiver.url)
    assert (receiver.connections, len(receiver.requests)) == (1, 1)


LOCAL_SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.1", "0",
    "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::ffff:0:127.0.0.1]",
    "[2001:0:7f00:1::]", "127.0.0.1.", "１２７.0.0.1", "127。0。0。1", "①②⑦.⓪.⓪.①",
]  # fmt: skip


@pytest.mark.parametrize("host", LOCAL_SPELLINGS)
def test_this_machine_is_not_reached_however_its_address_is_spelt(
    serve: Callable[..., Receiver], outbound: Outbound, host: str
):
    receiver = serve(OK)
    with pytest.raises((OutboundRefused, OutboundFailed)):
        outbound.request("GET", f"http://{host}:{receiver.port}/", timeout=2)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "data:,x", "//x/",
        "", "http://", "http:///x", "http:example.com", "example.com", "http://user@example.com/",
        "http://user:pw@example.com/", "http://:pw@example.com/", "http://example.com\\@127.0.0.1/",
        "http://example.com/a b", "http://example.com/\r\nHost: x", "http://exa\tmple.com/", "http://example.com/\x00",
        "http://[::1%25lo]/", "http://[::1", "http://[zz]/", "http://example.com:99999999/", "http://example.com:x/",
        "http://metadata.google.internal/", "HTTP://METADATA/latest", "http://instance-data./",
    ],
)  # fmt: skip
def test_a_url_of_another_kind_is_refused_before_anything_is_asked(client: Callable[..., Outbound], url: str):
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"asked for {host}")

    with pytest.raises(OutboundRefused):
        client(resolve=never).request("GET", url, trusted=True)


def test_metadata_is_refused_to_trusted_requests_as_well(outbound: Outbound):
    for host in ("169.254.169.254", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]", "2852039166", "0xa9fea9fe"):
        with pytest.raises(OutboundRefused):
            outbound.request("GET", f"http://{host}/latest/meta-data/", trusted=True)


def test_a_name_that_changes_its_mind_is_asked_once_and_dialled_where_it_was_judged(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    receiver = serve(OK)
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    outbound = client(resolve=rebinding)
    with pytest.raises(Exception) as refused:  # the public address is out of reach in tests
        outbound.request("GET", f"http://rebind.example:{receiver.port}/", timeout=0.3)
    assert not isinstance(refused.value, OutboundRefused)
    assert asked == ["rebind.example"]
    with pytest.raises(OutboundRefused):
        outbound.request("GET", f"http://rebind.example:{receiver.port}/", timeout=0.3)
    assert receiver.connections == 0


def test_one_forbidden_address_among_several_spoils_the_name(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    receiver = serve(OK)
    outbound = client(resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(OutboundRefused):
        outbound.request("GET", f"http://mixed.example:{receiver.port}/")
    assert receiver.connections == 0


def test_the_next_address_is_tried_when_the_first_does_not_answer(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    receiver = serve(OK)
    outbound = client(resolve=lambda host, port: ["127.0.0.3", "127.0.0.1"])
    assert outbound.request("GET", f"http://two.example:{receiver.port}/", trusted=True).status == 200


def test_while_the_name_server_is_down_the_last_good_address_is_used(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    receiver = serve(OK)
    up = True
    hang = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        if not up:
            hang.wait(5)
            raise OSError("no name server")
        return ["127.0.0.1"]

    outbound = client(resolve=resolve)
    url = f"http://hook.example:{receiver.port}/"
    assert outbound.request("GET", url, trusted=True).status == 200
    up = False
    assert outbound.request("GET", url, trusted=True, timeout=1).status == 200
    hang.set()
    with pytest.raises(OutboundFailed, match="could not be resolved") as failed:
        outbound.request("GET", "http://new.example/", trusted=True, timeout=1)
    assert failed.value.temporary


def test_a_redirect_is_an_answer_and_not_followed(serve: Callable[..., Receiver], outbound: Outbound):
    inside = serve(OK)
    receiver = serve(f"HTTP/1.1 302 Found\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n".encode())
    assert outbound.request("GET", receiver.url, trusted=True).status == 302
    assert inside.connections == 0


def test_a_proxy_of_the_environment_is_not_used(
    serve: Callable[..., Receiver], outbound: Outbound, monkeypatch: pytest.MonkeyPatch
):
    proxy, receiver = serve(OK), serve(OK)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    outbound.request("GET", receiver.url, trusted=True)
    assert (proxy.connections, receiver.connections) == (0, 1)


def test_a_long_answer_is_cut(serve: Callable[..., Receiver], outbound: Outbound):
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65_536)

    answer = outbound.request("GET", serve(endless).url, trusted=True, limit=1_000)
    assert (len(answer.body), answer.cut) == (1_000, True)


def test_a_compressed_bomb_is_cut_before_it_goes_off(serve: Callable[..., Receiver], outbound: Outbound):
    bomb = gzip.compress(b"\0" * 20_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    answer = outbound.request("GET", serve(head + bomb).url, trusted=True)
    assert (len(answer.body), answer.cut) == (65_536, True)

    small = gzip.compress(b"hello")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(small)}\r\n\r\n".encode()
    answer = outbound.request("GET", serve(head + small).url, trusted=True)
    assert (answer.body, answer.cut) == (b"hello", False)


def _trickle(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Header: " + b"y" * 1000 + b"\r\n")


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(lambda connection: time.sleep(10), id="hangs"),
        pytest.param(_trickle, id="one byte at a time"),
        pytest.param(_endless_headers, id="endless headers"),
        pytest.param(b"", id="closes without a word"),
        pytest.param(b"\x00\x01\x02 not http at all\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", id="half a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="a broken chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", id="a negative length"),
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", id="a broken status"),
    ],
)
def test_a_server_that_misbehaves_is_a_temporary_failure_within_the_deadline(
    serve: Callable[..., Receiver], outbound: Outbound, say: Say | bytes
):
    receiver = serve(say)
    started = time.monotonic()
    with pytest.raises(OutboundFailed) as failed:
        outbound.request("POST", receiver.url, content=b"x", trusted=True, timeout=0.6)
    assert failed.value.temporary
    assert time.monotonic() - started < 5


def test_a_body_that_nobody_reads_does_not_outlast_the_deadline(outbound: Outbound):
    deaf = socket.create_server(("127.0.0.1", 0))
    started = time.monotonic()
    with pytest.raises(OutboundFailed):
        outbound.request(
            "POST",
            f"http://127.0.0.1:{deaf.getsockname()[1]}/",
            content=b"x" * 30_000_000,
            trusted=True,
            timeout=0.5,
        )
    assert time.monotonic() - started < 5
    deaf.close()


def test_nobody_listening_is_a_temporary_failure(outbound: Outbound):
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(OutboundFailed, match="Connection refused") as failed:
        outbound.request("GET", f"http://127.0.0.1:{port}/", trusted=True)
    assert failed.value.temporary


def test_a_header_that_would_start_another_is_refused(serve: Callable[..., Receiver], outbound: Outbound):
    receiver = serve(OK)
    for name, value in (("X-A", "1\r\nX-Evil: 2"), ("X-A\r\nX-Evil", "1"), ("X A", "1"), ("X-A", "a\x00b")):
        with pytest.raises(OutboundRefused):
            outbound.request("GET", receiver.url, headers={name: value}, trusted=True)
    assert not receiver.requests


def test_a_plain_connection_follows_the_same_rules(serve: Callable[..., Receiver], outbound: Outbound):
    receiver = serve(OK)
    with outbound.connect("127.0.0.1", receiver.port, trusted=True) as connection:
        assert connection.getpeername() == ("127.0.0.1", receiver.port)
    with pytest.raises(OutboundRefused):
        outbound.connect("localhost", receiver.port)
    with pytest.raises(OutboundRefused):
        outbound.connect("169.254.169.254", 80, trusted=True)


def test_a_request_may_be_dialled_past_its_name_which_it_keeps(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError(f"{host} is not looked up")

    origin = serve(_kept_alive)
    outbound = client(resolve=nobody)
    for _ in range(2):
        outbound.request("GET", "http://shop.example/x", connect_to=f"127.0.0.1:{origin.port}", trusted=True)
    assert all(b"host: shop.example\r\n" in each.lower() for each in origin.requests)
    assert origin.connections == 2, "such a connection is not kept for whoever asks for that name next"
    with pytest.raises(OutboundFailed, match=r"shop\.example could not be resolved") as failed:
        outbound.request("GET", "http://shop.example/x", trusted=True)
    assert failed.value.stage == "dns"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:443", "::1"),
        ("169.254.169.254", "169.254.169.254"),
        ("metadata.google.internal", "metadata"),
        ("", "not a place"),
        ("127.0.0.1:0", "not a port"),
        ("a b", "not a place"),
    ],
)
def test_what_is_dialled_past_a_name_is_judged_like_any_address(outbound: Outbound, place: str, why: str):
    with pytest.raises(OutboundRefused, match=why):
        outbound.request("GET", "http://shop.example/x", connect_to=place)


def test_the_name_of_the_address_is_what_the_certificate_must_say(
    serve: Callable[..., Receiver], client: Callable[..., Outbound]
):
    origin = serve(OK, tls=authority.server())
    outbound = client(tls=authority.client())
    place = f"127.0.0.1:{origin.port}"
    assert outbound.request("GET", "https://shop.example/", connect_to=place, trusted=True).status == 200
    with pytest.raises(OutboundFailed, match=r"certificate of other\.example") as failed:
        outbound.request("GET", "https://other.example/", connect_to=place, trusted=True)
    assert failed.value.stage == "certificate"


def test_a_failure_says_how_far_it_came(serve: Callable[..., Receiver], client: Callable[..., Outbound]):
    outbound = client()
    plain, silent = serve(OK), serve(lambda connection: connection.close())
    free = socket.create_server(("127.0.0.1", 0))
    gone = f"http://127.0.0.1:{free.getsockname()[1]}/"
    free.close()
    for url, stage in (
        (gone, "tcp"),
        (plain.url.replace("http:", "https:"), "tls"),
        (silent.url, "answer"),
    ):
        with pytest.raises(OutboundFailed) as failed:
            outbound.request("GET", url, trusted=True, timeout=2)
        assert failed.value.stage == stage, url
