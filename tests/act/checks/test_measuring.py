"""Probes that measure: certificates, names, databases, commands, logs, the machine, several users; each against a real
thing on this machine."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import authority
import pytest

from tocsin.act.checks import Finding, kinds, read_check, run_round
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store


def look(outbound: Outbound, **settings: Any) -> Finding:
    check = read_check({"name": "it", **settings})
    (finding,) = run_round([kinds()[check.kind](check, outbound)])
    return finding


# Certificates and names


@contextmanager
def shop_over_tls() -> Iterator[int]:
    """A server that shows the certificate of shop.example and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            context = authority.server()
            while not over.is_set():
                try:
                    plain, _ = listener.accept()
                except TimeoutError:
                    continue
                plain.settimeout(2)
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()


def test_a_certificate_is_well_until_few_days_are_left_of_it():
    outbound = Outbound(tls=authority.client())
    with shop_over_tls() as port:
        where = {"kind": "tls", "host": "127.0.0.1", "port": port, "server_name": "shop.example"}
        well = look(outbound, **where, days=1)
        assert well.ok, well.text
        assert well.value is not None
        short = look(outbound, **where, days=int(well.value) + 1)
        assert (short.ok, short.detail) == (False, {"stage": "certificate"})
        assert f"(wanted {int(well.value) + 1})" in short.text
        other = look(outbound, **{**where, "server_name": "other.example"})
        assert not other.ok
        assert other.detail == {"stage": "certificate"}
        stranger = look(Outbound(), **where)
        assert not stranger.ok, "an authority that nobody trusts"
    gone = look(outbound, **where)
    assert gone.detail == {"stage": "tcp"}
    outbound.close()


def test_a_name_leads_where_it_should():
    known = {"shop.example": ["203.0.113.7", "203.0.113.8"]}

    def resolve(host: str, port: int) -> list[str]:
        if host not in known:
            raise OSError("no such name")
        return known[host]

    outbound = Outbound(resolve=resolve)
    assert look(outbound, kind="dns", host="shop.example").value == 2
    assert look(outbound, kind="dns", host="shop.example", addresses=["203.0.113.8", "203.0.113.7"]).ok
    wrong = look(outbound, kind="dns", host="shop.example", addresses=["203.0.113.7"])
    assert wrong.text == "203.0.113.7, 203.0.113.8 (wanted 203.0.113.7)"
    known.clear()
    gone = look(outbound, kind="dns", host="shop.example")
    assert (gone.ok, gone.detail) == (False, {"stage": "dns"}), "what was known before is no answer"
    outbound.close()


# Numbers


def test_the_number_of_a_check_is_what_its_value_names(outbound: Outbound, web: Callable[..., str]):
    url = web(lambda *_: (200, {}, b'{"users": {"active": 812}, "state": "ok"}'))
    assert look(outbound, kind="http", url=url, value="json.users.active").value == 812
    missing = look(outbound, kind="http", url=url, value="json.users.gone")
    assert (missing.ok, missing.value) == (False, None)
    assert "no number in json.users.gone" in missing.text
    assert not look(outbound, kind="http", url=url, value="json.state").ok
    with pytest.raises(Invalid):
        read_check({"name": "it", "kind": "http", "url": url, "value": "jsn.users"})


def test_all_of_several_users_have_to_be_well(
    outbound: Outbound, web: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[str, str, str]] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        asked.append((path, headers.get("authorization", ""), body.decode()))
        count = 2 if "jun" in path else 9
        return 200, {}, json.dumps({"count": count}).encode()

    monkeypatch.setenv("SHOP_TOKEN", "t0ken-of-the-shop")
    settings = {
        "kind": "http",
        "url": f"{web(answer)}/users/${{USER}}/cart",
        "method": "POST",
        "body": {"who": ["${USER}"]},
        "bearer": "env:SHOP_TOKEN",
        "expect": "json.count > 5",
    }
    well = look(outbound, **settings, users=["mei", "a/b ?x"])
    assert well.ok, well.text
    assert well.text.startswith("2 users, at most 200 in ")
    assert asked == [
        ("/users/mei/cart", "Bearer t0ken-of-the-shop", '{"who":["mei"]}'),
        ("/users/a%2Fb%20%3Fx/cart", "Bearer t0ken-of-the-shop", '{"who":["a/b ?x"]}'),
    ]
    broken = look(outbound, **settings, users=["mei", "jun", "ada"])
    assert not broken.ok
    assert broken.text.startswith("1 of 3 users: jun 200 in ")


def test_a_database_is_asked_by_a_connection_that_cannot_write(
    outbound: Outbound, store: Store, tmp_path: Path
):
    if store.is_sqlite:
        path = tmp_path / "shop.db"
        with closing(sqlite3.connect(path)) as conn:
            conn.execute("CREATE TABLE job (state text)")
            conn.execute("INSERT INTO job VALUES ('waiting'), ('waiting'), ('done')")
            conn.commit()
        dsn = f"sqlite:///{path}"
        query = "SELECT count(*) AS n FROM job WHERE state = 'waiting'"
    else:
        dsn = store.engine.url.render_as_string(hide_password=False)
        query = "SELECT 2 AS n"
        assert look(outbound, kind="sql", dsn=dsn, query="SELECT 2.5::numeric").value == 2.5
    found = look(outbound, kind="sql", dsn=dsn, query=query, expect="value >= 2.0 && rows[0].n == 2")
    assert (found.ok, found.value) == (True, 2), found.text
    assert not look(outbound, kind="sql", dsn=dsn, query=query, expect="value > 2.0").ok
    assert not look(outbound, kind="sql", dsn=dsn, query="SELECT nothing FROM nowhere").ok
    with pytest.raises(Invalid, match="only reads"):
        read_check({"name": "it", "kind": "sql", "dsn": dsn, "query": "DELETE FROM job"})


def test_prometheus_gives_one_number(outbound: Outbound, web: Callable[..., str]):
    answers = {
        "sum(up)": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "3"]}]},
        "up": {"resultType": "vector", "result": [{"value": [1, "1"]}, {"value": [1, "0"]}]},
        "scalar(3)": {"resultType": "scalar", "result": [1.5, "3"]},
        "nothing": {"resultType": "vector", "result": []},
        "0/0": {"resultType": "scalar", "result": [1.5, "NaN"]},
    }

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        parts = urlsplit(path)
        if parts.path != "/api/v1/query":
            return 404, {}, b"404 page not found"
        (query,) = parse_qs(parts.query)["query"]
        if query not in answers:
            refused = {"status": "error", "errorType": "bad_data", "error": "parse error"}
            return 400, {}, json.dumps(refused).encode()
        return 200, {}, json.dumps({"status": "success", "data": answers[query]}).encode()

    url = web(answer)

    def ask(query: str, **more: Any) -> Finding:
        return look(outbound, kind="prometheus", url=url, query=query, **more)

    assert (ask("sum(up)").value, ask("scalar(3)").value) == (3, 3)
    assert not ask("sum(up)", expect="value < 3.0").ok
    assert ask("up").text == "the query gives 2 series; wrap it in sum() or max()"
    assert ask("nothing").text == "the query gives nothing"
    assert ask("nothing", empty=0).value == 0
    assert ask("0/0").text == "the query gives nan"
    assert ask("sum(").text == "Prometheus refused the query: parse error"


# Commands


def test_a_command_sees_what_it_declares_and_gives_its_last_number(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OURS", "secret of the server")
    monkeypatch.setenv("TOKEN_OF_IT", "declared-secret")
    found = look(
        outbound,
        kind="command",
        run='echo "[$OURS] $TOKEN jobs: 12 of 40"',
        environment={"TOKEN": "env:TOKEN_OF_IT"},
        expect='exit == 0 && stdout.startsWith("[] declared-secret")',
    )
    assert (found.ok, found.value) == (True, 40)
    assert found.text == "exit 0: [] *** jobs: 12 of 40"
    told = look(
        outbound,
        kind="command",
        run="""echo '{"waiting": 7}'; exit 2""",
        expect="json.waiting < 9",
        value="json.waiting",
    )
    assert (told.ok, told.value) == (True, 7)
    failed = look(outbound, kind="command", run="echo cannot >&2; exit 3")
    assert failed.text == "exit 3: cannot: exit 3 (wanted exit == 0)"
    with pytest.raises(Invalid, match="a check only looks"):
        read_check({"name": "it", "kind": "command", "run": "rm -rf /srv/shop"})


def test_a_command_that_hangs_is_ended_with_its_children(outbound: Outbound, tmp_path: Path):
    alive = tmp_path / "alive"
    child = f"(while true; do date +%s%N > {alive}; sleep 0.05; done) & wait"
    found = look(outbound, kind="command", run=child, timeout="400ms")
    assert found.text == "did not end within 0.4 s"
    before = alive.read_text() if alive.exists() else ""
    deadline = time.monotonic() + 5
    while (now := alive.read_text() if alive.exists() else "") != before:
        assert time.monotonic() < deadline, "its child goes on"
        before = now
        time.sleep(0.2)


def test_a_log_that_has_fallen_silent_is_well(outbound: Outbound, tmp_path: Path):
    now = datetime.now(UTC)
    old, new = now - timedelta(minutes=9), now - timedelta(minutes=1)
    log = tmp_path / "api.log"

    def write(*lines: str) -> None:
        log.write_text("".join(f"{line}\n" for line in lines))

    write(
        f"{old:%Y-%m-%dT%H:%M:%SZ} ERROR the pool is exhausted",
        "Traceback of the old one",
        f"{new:%Y-%m-%d %H:%M:%S},120 INFO ready",
    )
    settings = {"kind": "log", "file": str(log)}
    assert look(outbound, **settings).value == 0
    assert look(outbound, **settings, within="10m").value == 2
    taipei = new + timedelta(hours=8)
    write(
        f"[{taipei:%Y-%m-%d %H:%M:%S}+0800] ERROR again",
        "Traceback (most recent call last):",
        "  ERROR in healthz",
    )
    loud = look(outbound, **settings, ignore=["healthz"])
    assert (loud.ok, loud.value) == (False, 2)
    assert loud.text == "2 lines in 300 s, the last: Traceback (most recent call last):"
    assert look(outbound, **settings, most=3).ok
    write("ERROR without any time")
    assert look(outbound, **settings).text == f"no line of {log} tells its time"
    assert "cannot be read" in look(outbound, kind="log", file=str(tmp_path / "gone")).text


def test_a_log_that_a_command_prints(outbound: Outbound):
    printed = look(outbound, kind="log", run='echo "since $SINCE"; echo FATAL of it', within="5m")
    assert (printed.ok, printed.value) == (False, 1)
    assert look(outbound, kind="log", run="echo fine").ok
    broken = look(outbound, kind="log", run="echo no such container >&2; exit 1")
    assert broken.text == "the command ended with 1: no such container"
    with pytest.raises(Invalid, match="one of file and run"):
        read_check({"name": "it", "kind": "log"})


def test_the_machine_is_within_its_bounds(outbound: Outbound, tmp_path: Path):
    here = look(
        outbound, kind="machine", path=str(tmp_path), expect="json.disk_free_mb > 0.0", value="json.memory"
    )
    assert here.ok, here.text
    assert here.value is not None
    assert 0 < here.value < 1
    assert not look(outbound, kind="machine", expect="json.memory < 0.0").ok
