"""The machine, the secrets and the flags, as they are here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from answering import Answering, answering

from tocsin.act.actions.action import CannotRun

Act = Callable[..., Any]


def test_the_machine_tells_its_load_its_memory_and_its_disks(act: Act):
    result, seen = act("system.resources", {})
    assert result.well
    [row] = seen["rows"]
    assert row["processors"] >= 1
    assert row["memory_bytes"] > row["available_bytes"] > 0
    assert 0 < row["memory_share"] < 1
    assert row["load_each"] == pytest.approx(row["load_1m"] / row["processors"], abs=0.01)

    _, seen = act("system.disk", {})
    root = next(row for row in seen["rows"] if row["mounted"] == "/")
    assert 0 < root["share"] < 1
    assert root["bytes"] > root["free_bytes"] > 0
    full, _ = act("system.disk", {"limit": 0.000001})
    assert not full.well
    assert "/" in full.why

    _, seen = act("system.processes", {"by": "memory", "limit": 3})
    used = [row["memory_bytes"] for row in seen["rows"]]
    assert len(used) == 3
    assert used == sorted(used, reverse=True)


def test_secrets_are_told_by_name_and_never_by_value(act: Act):
    environment = {"TOKEN": "swordfish-42", "EMPTY": " ", "DUMMY": "your-token-here", "SHORT": "ab"}
    result, seen = act(
        "secrets.present",
        {"names": ["TOKEN", "EMPTY", "DUMMY", "SHORT", "GONE"], "shortest": 8},
        environment=environment,
    )
    assert not result.well
    states = {row["name"]: row["state"] for row in seen["rows"]}
    assert states == {
        "TOKEN": "present",
        "EMPTY": "missing",
        "DUMMY": "a placeholder",
        "SHORT": "too short",
        "GONE": "missing",
    }
    assert "swordfish" not in seen["stdout"] + result.why
    assert act("secrets.present", {"names": ["TOKEN"]}, environment=environment)[0].well


def test_a_flag_in_a_file_is_replaced_as_a_whole(act: Act, tmp_path: Path):
    path = tmp_path / "flags.json"
    target = {"kind": "flags", "file": str(path)}
    with pytest.raises(CannotRun, match="no file"):
        act("flag.show", {"name": "x"}, target=target)
    path.write_text('{"other": true}')
    path.chmod(0o640)
    assert act("flag.show", {"name": "degrade"}, target=target)[1]["json"] == {
        "name": "degrade",
        "value": None,
    }
    with pytest.raises(CannotRun, match="read was permitted"):
        act("flag.set", {"name": "degrade", "value": "on"}, target=target)
    told = {"name": "degrade", "value": "popular", "reason": "the model times out"}
    _, seen = act("flag.set", told, target=target, level="change")
    assert (seen["json"]["before"], seen["json"]["value"]) == (None, "popular")
    assert json.loads(path.read_text()) == {"other": True, "degrade": "popular"}
    assert path.stat().st_mode & 0o777 == 0o640
    _, seen = act("flag.unset", {"name": "degrade"}, target=target, level="change")
    assert seen["json"]["before"] == "popular"
    assert json.loads(path.read_text()) == {"other": True}
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["flags.json"]
    path.write_text("[]")
    assert "no map of flags" in act("flag.show", {"name": "degrade"}, target=target)[0].why


@pytest.fixture
def flags() -> Iterator[Answering]:
    """The interface of a flag service, as the manual page of the action describes it."""
    kept: dict[str, Any] = {}

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if headers.get("authorization") != "Bearer sesame":
            return 401, {}
        name = path.removeprefix("/flags/")
        match method:
            case "PUT" if json.loads(body).keys() == {"value", "reason"}:
                kept[name] = json.loads(body)
                return 200, {}
            case "GET" if name in kept:
                return 200, kept[name]
            case "DELETE" if name in kept:
                del kept[name]
                return 204, None
            case _:
                return 404, {}

    with answering(answer) as server:
        yield server


def test_a_flag_behind_http_is_set_read_and_removed(act: Act, flags: Answering):
    target = {"kind": "flags", "http": f"{flags.url}/flags", "token": "sesame"}
    _, seen = act("flag.set", {"name": "degrade", "value": "on"}, target=target, level="change")
    assert seen["json"] == {"name": "degrade", "value": "on", "before": None, "reason": ""}
    assert act("flag.show", {"name": "degrade"}, target=target)[1]["json"]["value"] == "on"
    assert act("flag.unset", {"name": "degrade"}, target=target, level="change")[1]["json"]["before"] == "on"
    assert act("flag.unset", {"name": "degrade"}, target=target, level="change")[0].well
    denied, _ = act("flag.show", {"name": "degrade"}, target=target | {"token": "wrong"})
    assert denied.why == "GET degrade was answered 401"
