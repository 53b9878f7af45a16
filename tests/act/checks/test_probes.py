"""Each probe against something real on the loopback: well, unwell, silent, gone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.act.checks import Finding, kinds, read_check, run_round
from tocsin.ground.kernel.outbound import Outbound

GONE = 1  # nothing listens on port 1


def look(outbound: Outbound, **settings: Any) -> Finding:
    check = read_check({"name": "it", **settings})
    (finding,) = run_round([kinds()[check.kind](check, outbound)])
    return finding


@pytest.mark.parametrize("kind", kinds())
def test_the_examples_of_a_probe_are_valid(kind: str):
    assert kinds()[kind].title
    for example in kinds()[kind].examples:
        assert read_check(example).kind == kind


def test_a_web_page_is_well_when_it_says_so(outbound: Outbound, web: Callable[..., str]):
    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        seen = {"method": method, "path": path, "token": headers.get("x-token"), "sent": body.decode()}
        return 201, {"X-Version": "7"}, json.dumps(seen).encode()

    finding = look(
        outbound,
        kind="http",
        url=f"{web(answer)}/orders?x=1",
        method="POST",
        headers={"X-Token": "t"},
        body={"item": "茶"},
        expect='status == 201 && json.path == "/orders?x=1" && json.token == "t" && json.sent.contains("茶")'
        ' && headers["x-version"] == "7" && ms < 5000 && body.startsWith("{")',
    )
    assert finding.ok, finding.text
    assert finding.value == 201
    assert finding.text.startswith("201 in ")


def test_a_web_page_that_is_unwell_says_what_was_seen_and_wanted(outbound: Outbound, web: Callable[..., str]):
    url = web(lambda *_: (503, {}, b"too busy"))
    finding = look(outbound, kind="http", url=url, expect="status == 200")
    assert not finding.ok
    assert "status 503" in finding.text
    assert "(wanted status == 200)" in finding.text
    assert finding.detail == {"body": "too busy"}
    assert not look(outbound, kind="http", url=url).ok
    assert not look(outbound, kind="http", url=url, expect='json.state == "ok"').ok


def test_a_redirect_is_judged_not_followed(outbound: Outbound, web: Callable[..., str]):
    url = web(lambda *_: (302, {"Location": "http://127.0.0.1:1/"}, b""))
    assert look(outbound, kind="http", url=url, expect="status == 302").ok


@pytest.mark.parametrize("kind", ["http", "tcp", "redis"])
def test_where_nobody_listens_the_check_fails(outbound: Outbound, kind: str):
    where: dict[str, Any] = {"host": "127.0.0.1", "port": GONE}
    finding = look(outbound, kind=kind, **({"url": f"http://127.0.0.1:{GONE}/"} if kind == "http" else where))
    assert not finding.ok
    assert finding.text


def test_who_does_not_answer_in_time_has_failed(outbound: Outbound, talker: Callable[..., tuple[str, int]]):
    host, port = talker(lambda line: b"")
    begun = time.monotonic()
    for settings in (
        {"kind": "http", "url": f"http://{host}:{port}/"},
        {"kind": "redis", "host": host, "port": port},
    ):
        finding = look(outbound, timeout="200ms", **settings)
        assert not finding.ok
    assert time.monotonic() - begun < 2


def test_a_port_that_opens_is_well(outbound: Outbound, talker: Callable[..., tuple[str, int]]):
    host, port = talker(lambda line: b"")
    assert look(outbound, kind="tcp", host=host, port=port).ok


def _redis(password: str = "") -> Callable[[bytes], bytes]:
    info = b"# Memory\r\nused_memory:48000000\r\nused_memory_human:45.8M\r\nmem_fragmentation_ratio:1.2\r\n"
    signed_in = not password

    def answer(line: bytes) -> bytes:
        nonlocal signed_in
        word = line.strip()
        if word == password.encode() and word:
            signed_in = True
            return b"+OK\r\n"
        if word in (b"PING", b"INFO") and not signed_in:
            return b"-NOAUTH Authentication required.\r\n"
        if word == b"PING":
            return b"+PONG\r\n"
        return b"$%d\r\n%s\r\n" % (len(info), info) if word == b"INFO" else b""

    return answer


def test_redis_is_judged_by_its_own_figures(outbound: Outbound, talker: Callable[..., tuple[str, int]]):
    host, port = talker(_redis())
    where = {"kind": "redis", "host": host, "port": port}
    finding = look(
        outbound, **where, expect="json.used_memory < 50000000 && json.mem_fragmentation_ratio < 2.0"
    )
    assert finding.ok, finding.text
    assert finding.value == 48_000_000
    full = look(outbound, **where, expect="json.used_memory < 1000000")
    assert not full.ok
    assert "48000000" in full.text


def test_redis_asks_for_the_password(
    outbound: Outbound, talker: Callable[..., tuple[str, int]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CACHE_PASSWORD", "correct horse")
    host, port = talker(_redis("correct horse"))
    where = {"kind": "redis", "host": host, "port": port}
    assert "NOAUTH" in look(outbound, **where).text
    assert look(outbound, **where, password="env:CACHE_PASSWORD").ok


def test_what_is_no_redis_is_told_apart(outbound: Outbound, talker: Callable[..., tuple[str, int]]):
    host, port = talker(lambda line: b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert look(outbound, kind="redis", host=host, port=port).text == "this is no Redis server"
