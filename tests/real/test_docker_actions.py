"""Docker and Compose, as a step uses them: a real engine, a stack of two services, each verb and what it left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from demo.containers.engine import Engine

from tocsin.act.actions.action import Call, CannotRun, Found, Result, all_actions
from tocsin.act.targets.target import BadTarget
from tocsin.ground.kernel.outbound import Outbound

pytestmark = pytest.mark.real
Act = Callable[..., tuple[Result, str]]
STACK = """\
name: shop
services:
  api: &one
    image: hostroot:lab
    command: [sh, -c, "trap 'exit 0' TERM; echo api $$WORD; echo one >> /data/log; while :; do sleep 0.1; done"]
    environment: {WORD: "${WORD-nothing}"}
    volumes: ["/usr:/usr:ro", "data:/data"]
    mem_limit: 64m
  worker:
    <<: *one
    command: [sh, -c, "trap 'exit 0' TERM; echo worker; while :; do sleep 0.1; done"]
volumes: {data: {}}
"""


@pytest.fixture(scope="module")
def stack(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The target of the catalogue."""
    file = tmp_path_factory.mktemp("stack") / "compose.yaml"
    file.write_text(STACK)
    return {
        "kind": "compose",
        "file": str(file),
        "host": docker_engine.environment["DOCKER_HOST"],
        "config": docker_engine.environment["DOCKER_CONFIG"],
    }


@pytest.fixture
def act(stack: Mapping[str, Any], tmp_path: Path) -> Iterator[Act]:
    outbound = Outbound()
    actions = all_actions(outbound)
    count = 0

    def do(name: str, target: Mapping[str, Any] = stack, /, **arguments: Any) -> tuple[Result, str]:
        nonlocal count
        count += 1
        folder = tmp_path / f"step.{count}"
        folder.mkdir()
        call = Call(
            text="", action=name, arguments=arguments, folder=folder, timeout_s=60, level="destroy",
            target=target, environment={"WORD": "hello"},
        )  # fmt: skip
        result = actions[name.partition(".")[0]].run(call)
        if result.exit is not None:
            assert actions["shell"].find(call) is Found.DONE
        return result, call.out.read_text() + call.err.read_text()

    yield do
    outbound.close()


def by_service(result: Result) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in result.rows or ():
        found.setdefault(row["service"], []).append(row)
    return found


def test_a_stack_is_brought_up_looked_at_mended_and_taken_down(
    act: Act, stack: Mapping[str, Any], docker_engine: Engine
):
    up, said = act("compose.up", wait="60s")
    assert up.well, said
    try:
        listed, _ = act("compose.ps")
        assert {name: [row["state"] for row in rows] for name, rows in by_service(listed).items()} == {
            "api": ["running"],
            "worker": ["running"],
        }
        # What the service declares reaches the compose file.
        _, printed = act("compose.logs", service="api", lines=10)
        assert "api hello" in printed
        used, _ = act("compose.stats", service="api")
        (row,) = used.rows or ()
        assert row["memory_limit_bytes"] == 64 << 20
        assert 0 < row["memory_bytes"] < 64 << 20

        assert act("compose.scale", service="api", replicas=3)[0].well
        assert len(by_service(act("compose.ps")[0])["api"]) == 3
        for engine in ({"kind": "docker", "host": stack["host"], "project": "shop"}, stack):
            _, printed = act("docker.logs", engine, service="api")
            assert printed.count("== /shop-api-") == 3
            assert printed.count("api hello") == 3
        before = {row["name"]: row["started_at"] for row in act("docker.state", service="api")[0].rows or ()}
        assert len(before) == 3
        assert act("docker.restart", service="api", grace="5s")[0].well
        after = {row["name"]: row["started_at"] for row in act("docker.state", service="api")[0].rows or ()}
        assert before.keys() == after.keys()
        assert all(after[name] > before[name] for name in before)
        assert "worker" in act("docker.logs")[1]
        assert len(act("docker.state")[0].rows or ()) == 4
        assert {row["name"] for row in act("docker.stats")[0].rows or ()} >= {"shop-api-1", "shop-worker-1"}
        assert any(row["action"] == "die" for row in act("docker.events", since="10m")[0].rows or ())

        assert act("docker.stop", container="shop-worker-1", grace="5s")[0].well
        (state,) = act("docker.state", container="shop-worker-1")[0].rows or ()
        assert (state["state"], state["exit_code"], state["oom_killed"]) == ("exited", 0, False)
        assert act("compose.start", service="worker")[0].well
        assert act("compose.restart", service=["worker"], grace="5s")[0].well
        listed = {row["name"]: row for row in act("docker.ps")[0].rows or ()}
        assert listed["shop-worker-1"]["state"] == "running"

        # Down keeps the volume, and with it what was written.
        assert act("compose.down", grace="1s")[0].well
        assert act("compose.ps")[0].rows == ()
        assert docker_engine.docker("volume", "inspect", "shop_data").returncode == 0
        assert act("compose.up", service="api", wait="60s")[0].well
    finally:
        gone, said = act("compose.down", volumes=True, grace="1s")
    assert gone.well, said
    assert docker_engine.docker("volume", "inspect", "shop_data").returncode != 0


def test_what_goes_wrong_is_said_in_the_words_of_docker(act: Act, stack: Mapping[str, Any]):
    nobody, _ = act("docker.restart", service="nobody")
    assert (nobody.well, nobody.why) == (False, "there is no container of a service nobody")
    result, _ = act("docker.restart", container="nobody")
    assert not result.well
    assert "No such container: nobody" in result.why
    result, _ = act("compose.restart", service="nobody")
    assert "no such service: nobody" in result.why
    result, _ = act("docker.ps", {"kind": "docker", "host": "unix:///nowhere/docker.sock"})
    assert not result.well
    with pytest.raises(BadTarget, match="redis"):
        act("compose.ps", {"kind": "redis"})
    with pytest.raises(BadTarget, match="names no target"):
        act("compose.ps", {})
    with pytest.raises(BadTarget, match="fil"):
        act("compose.ps", {**stack, "fil": "x"})
    with pytest.raises(CannotRun, match="either container or service"):
        act("docker.restart")


@pytest.mark.parametrize(
    "hostile", ["$(touch {mark})", "`touch {mark}`", "; touch {mark}", "a b", "'x\"", "${WORD}"]
)
def test_a_name_is_only_a_name(act: Act, tmp_path: Path, hostile: str):
    mark = tmp_path / "mark"
    name = hostile.replace("{mark}", str(mark)).replace("${", "$ {")
    for verb in ("docker.restart", "docker.logs", "compose.restart"):
        result, said = act(verb, service=name)
        assert not result.well
        assert json.dumps(name)[1:-1] in said or name in said
    assert not mark.exists()
