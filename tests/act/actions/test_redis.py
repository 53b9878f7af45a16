"""Commands for a Redis server: values stay arguments, errors are told, and a look cannot delete."""

from __future__ import annotations

import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tocsin.act.actions.action import CannotRun
from tocsin.ground.kernel.secret import Secret

Perform = Callable[..., Any]
HOSTILE = ["a b", "x\r\nFLUSHALL\r\n", '"; DEL a', "$OTHER", "漢 字", "", "*3\r\n$3\r\nDEL"]


class _Store:
    """A server with a few commands of the protocol; `heard` is what it was asked."""

    def __init__(self, password: str = "") -> None:
        self.password = password
        self.kept: dict[str, str] = {}
        self.heard: list[list[str]] = []

    def answer(self, words: list[str], signed_in: bool) -> bytes:
        self.heard.append(words)
        match [words[0].upper(), *words[1:]]:
            case ["AUTH", *rest]:
                return b"+OK\r\n" if rest[-1] == self.password else b"-WRONGPASS invalid password\r\n"
            case _ if self.password and not signed_in:
                return b"-NOAUTH Authentication required.\r\n"
            case ["PING"]:
                return b"+PONG\r\n"
            case ["SELECT", _]:
                return b"+OK\r\n"
            case ["SET", key, value]:
                self.kept[key] = value
                return b"+OK\r\n"
            case ["GET", key]:
                return _bulk(self.kept.get(key))
            case ["DBSIZE"]:
                return b":%d\r\n" % len(self.kept)
            case ["KEYS", _]:
                return b"*%d\r\n" % len(self.kept) + b"".join(_bulk(each) for each in sorted(self.kept))
            case ["CLUSTER", "SLOTS"]:
                return b"*1\r\n*3\r\n:0\r\n:5460\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n"
            case ["MONITOR"]:
                return b'+OK\r\n+1.2 [0 127.0.0.1:1] "PING"\r\n'
            case ["DUMP", _]:
                return b"$99999999\r\n"
            case ["TIME"]:
                return b"hello\r\n"
            case ["WAIT", *_]:
                return b""
            case _:
                return b"-ERR unknown command\r\n"


def _bulk(value: str | None) -> bytes:
    if value is None:
        return b"$-1\r\n"
    encoded = value.encode()
    return b"$%d\r\n%s\r\n" % (len(encoded), encoded)


def _command(stream: BinaryIO) -> list[str] | None:
    head = stream.readline()
    if not head.startswith(b"*"):
        return None
    words: list[str] = []
    for _ in range(int(head[1:])):
        length = int(stream.readline()[1:])
        words.append(stream.read(length + 2)[:-2].decode())
    return words


@pytest.fixture
def serve() -> Iterator[Callable[[_Store], dict[str, Any]]]:
    """`serve(store)` gives the target of a server that answers from the store."""
    servers: list[tuple[socketserver.ThreadingTCPServer, threading.Thread]] = []

    def start(store: _Store) -> dict[str, Any]:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                signed_in = False
                while words := _command(self.rfile):
                    reply = store.answer(words, signed_in)
                    signed_in = signed_in or (words[0] == "AUTH" and reply.startswith(b"+"))
                    self.wfile.write(reply)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        servers.append((server, thread))
        return {"kind": "redis", "url": f"redis://127.0.0.1:{server.server_address[1]}/0"}

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def test_replies_are_printed_and_can_be_spoken_of(perform: Perform, serve: Callable[..., dict[str, Any]]):
    target = serve(_Store())
    assert perform("redis", "SET a 'one two'\nSET b 2", target=target, level="change")[0].well

    result, seen = perform("redis", "# how many?\nDBSIZE\nKEYS *", target=target)
    assert result.well
    assert seen["stdout"] == "2\na\nb\n"
    assert seen["rows"] == [{"value": "a"}, {"value": "b"}]
    assert perform("redis", "DBSIZE", target=target)[1]["value"] == 2
    assert perform("redis", "CLUSTER SLOTS", target=target)[1]["stdout"] == "0\n5460\n127.0.0.1\n7000\n"
    assert perform("redis", "GET missing", target=target)[1]["rows"] == [{"value": None}]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_only_an_argument(
    perform: Perform, serve: Callable[..., dict[str, Any]], value: str
):
    store = _Store()
    target = serve(store)
    text = "SET order:${ID} $NAME"
    assert perform("redis", text, target=target, level="change", values={"ID": value, "NAME": value})[0].well
    assert store.kept == {f"order:{value}": value}
    assert [words[0] for words in store.heard] == ["SET"]


def test_an_error_ends_the_step_and_says_why(perform: Perform, serve: Callable[..., dict[str, Any]]):
    store = _Store()
    result, seen = perform("redis", "PING\nHGETALL x\nPING", target=serve(store))
    assert not result.well
    assert result.why == "ERR unknown command"
    assert "rows" not in seen
    assert [words[0] for words in store.heard] == ["PING", "HGETALL"]


def test_it_signs_in(perform: Perform, serve: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CACHE_PASSWORD", "correct horse")
    store = _Store("correct horse")
    target = serve(store) | {"password": Secret.from_reference("env:CACHE_PASSWORD"), "database": 3}
    assert perform("redis", "PING", target=target | {"url": target["url"].removesuffix("/0")})[0].well
    assert store.heard[:2] == [["AUTH", "correct horse"], ["SELECT", "3"]]
    assert "NOAUTH" in perform("redis", "PING", target=serve(_Store("correct horse")))[0].why


@pytest.mark.parametrize(
    ("text", "values"),
    [("DEL a", {}), ("PING\nFLUSHALL", {}), ("$COMMAND a", {"COMMAND": "DEL"}), ("CONFIG $WHAT", {"WHAT": "RESETSTAT"}),
     ("SET a 1", {})],
)  # fmt: skip
def test_a_step_that_may_only_look_sends_nothing_stronger(
    perform: Perform, serve: Callable[..., dict[str, Any]], text: str, values: dict[str, str]
):
    store = _Store()
    with pytest.raises(CannotRun):
        perform("redis", text, target=serve(store), values=values)
    assert store.heard == []


@pytest.mark.parametrize(
    ("text", "target", "why"),
    [
        ("PING", {}, "names no server"),
        ("PING", {"kind": "redis", "url": "http://127.0.0.1"}, "no `url`"),
        ("PING", {"kind": "redis", "url": "redis://127.0.0.1:none"}, "cannot be read"),
        ("# nothing", {"kind": "redis"}, "no command"),
        ("SET 'a", {"kind": "redis"}, "quote"),
        ("GET $MISSING", {"kind": "redis"}, "MISSING has no value"),
    ],
)
def test_what_cannot_begin_says_so(perform: Perform, text: str, target: dict[str, Any], why: str):
    with pytest.raises(CannotRun, match=why):
        perform("redis", text, target=target, level="change")


def test_a_command_that_never_ends_is_watched_until_the_timeout(
    perform: Perform, serve: Callable[..., dict[str, Any]]
):
    result, seen = perform("redis", "MONITOR", target=serve(_Store()), timeout_s=0.5, streams=True)
    assert result.well
    assert '"PING"' in seen["stdout"]


def test_a_server_that_is_silent_is_not_waited_for(perform: Perform, serve: Callable[..., dict[str, Any]]):
    assert perform("redis", "WAIT 1 0", target=serve(_Store()), timeout_s=0.3)[0].why == "no answer in time"
    stopped = perform("redis", "WAIT 1 0", target=serve(_Store()), timeout_s=60, stopped=lambda: "cancelled")[
        0
    ]
    assert stopped.why == "cancelled"


def test_what_is_no_redis_or_too_much_is_told_apart(perform: Perform, serve: Callable[..., dict[str, Any]]):
    target = serve(_Store())
    assert perform("redis", "TIME", target=target)[0].why == "this is no Redis server"
    assert "8 MiB" in perform("redis", "DUMP a", target=target)[0].why


@pytest.mark.real
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_a_real_server_answers(perform: Perform, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    server = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        target = {"kind": "redis", "url": f"redis://127.0.0.1:{port}/1"}
        deadline = time.monotonic() + 10
        while not perform("redis", "PING", target=target)[0].well:
            assert time.monotonic() < deadline
        assert perform("redis", "SET a 'one two'", target=target, level="change")[0].well
        assert perform("redis", "GET a", target=target)[1]["stdout"] == "one two\n"
    finally:
        server.terminate()
        server.wait()
