"""Render as a step uses it: each verb against its documented interface, and what a crash leaves to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from render_stub import KEY, OTHER, SERVICE, RenderStub

from tocsin.act.actions.action import Action, Call, CannotRun, Found, Result
from tocsin.ground.kernel.secret import Secret

Act = Callable[..., tuple[Result, str]]


@pytest.fixture
def render() -> Iterator[RenderStub]:
    stub = RenderStub()
    yield stub
    stub.close()


@pytest.fixture
def call(render: RenderStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Call]:
    monkeypatch.setenv("RENDER_API_KEY", KEY)
    count = 0

    def make(verb: str, /, level: str = "change", timeout_s: float = 20.0, **arguments: Any) -> Call:
        nonlocal count
        count += 1
        folder = tmp_path / f"step.{count}"
        folder.mkdir()
        target = {
            "kind": "render",
            "token": Secret.from_reference("env:RENDER_API_KEY"),
            "service": "shop-api",
            "api_url": f"{render.url}/v1",
            "look_every": "10ms",
        }
        return Call(
            text="", action=f"render.{verb}", arguments=arguments, folder=folder, timeout_s=timeout_s,
            level=level, target=target,
        )  # fmt: skip

    return make


@pytest.fixture
def act(actions: dict[str, Action], call: Callable[..., Call]) -> Act:
    def do(verb: str, /, **arguments: Any) -> tuple[Result, str]:
        made = call(verb, **arguments)
        result = actions["render"].run(made)
        return result, (made.out.read_text() if made.out.exists() else "")

    return do


def test_what_is_there_is_told_in_rows(act: Act, render: RenderStub):
    listed, _ = act("services", level="read")
    assert [row["name"] for row in listed.rows or ()] == ["shop-api", "shop-worker"]
    (status,) = act("status", level="read")[0].rows or ()
    assert (status["id"], status["auto_deploy"], status["instances"]) == (SERVICE, True, 2)
    assert status["live"]["version"] == "ddd4444"
    deploys, _ = act("deploys", level="read", most=3)
    assert [(row["id"], row["status"]) for row in deploys.rows or ()] == [
        ("dep-3", "live"),
        ("dep-2", "build_failed"),
        ("dep-1", "deactivated"),
    ]
    # Lines come in pages of a hundred, the newest first, and are read as they were written.
    for number in range(250):
        render.say(f"line {number}", "error" if number % 100 == 99 else "info")
    logs, printed = act("logs", level="read", lines=230)
    assert [line.split()[-1] for line in printed.splitlines()] == [str(each) for each in range(20, 250)]
    assert len(logs.rows or ()) == 230
    _, printed = act("logs", level="read", severity="error")
    assert [line.split()[1:] for line in printed.splitlines()] == [
        ["error", "line", "99"],
        ["error", "line", "199"],
    ]


def test_a_service_goes_back_to_what_served_before_and_no_push_undoes_it(act: Act, render: RenderStub):
    result, _ = act("roll_back")
    assert result.well, result.why
    (row,) = result.rows or ()
    # dep-2 never was live, so it is no way back.
    assert (row["to"], row["version"], row["status"], row["from"]) == ("dep-1", "bbb2222", "live", "dep-3")
    assert render.services[SERVICE]["autoDeploy"] == "no"
    live = [each["commit"]["id"] for each in render.deploys[SERVICE] if each["status"] == "live"]
    assert live == ["bbb2222"]
    again, _ = act("roll_back", deploy="aaa1111", stop_auto_deploy=False)
    assert again.well, again.why
    assert (again.rows or ({},))[0]["to"] == "dep-0"
    assert act("auto_deploy", on=True)[0].well
    assert render.services[SERVICE]["autoDeploy"] == "yes"


@pytest.mark.parametrize(
    ("deploy", "says"),
    [
        ("dep-2", "never was live"),
        ("ccc3333", "no such deploy that was live"),
        ("a", "no such deploy"),
        ("dep-3", "is live already"),
    ],
    ids=["failed", "failed commit", "too short", "live"],
)
def test_only_a_deploy_that_was_live_is_a_way_back(act: Act, render: RenderStub, deploy: str, says: str):
    with pytest.raises(CannotRun, match=says):
        act("roll_back", deploy=deploy)
    assert all(request.method == "GET" for request in render.requests)


def test_restart_deploy_and_scale(act: Act, render: RenderStub):
    assert act("restart")[0].well
    assert act("restart", service=OTHER)[0].well
    assert render.restarts == [SERVICE, OTHER]
    scaled, _ = act("scale", instances=4)
    assert (scaled.rows or ({},))[0]["before"] == 2
    assert render.services[SERVICE]["serviceDetails"]["numInstances"] == 4
    assert act("deploy", commit="fff666")[0].well
    assert render.deploys[SERVICE][0]["status"] == "live"
    render.fails = True
    failed, _ = act("deploy", clear_cache=True)
    assert (failed.well, failed.why) == (False, "the deploy ended as update_failed")


def test_refusals_are_told_with_what_to_do(act: Act, render: RenderStub, monkeypatch: pytest.MonkeyPatch):
    result, _ = act("restart", service="srv-nobody")
    assert (result.well, result.status) == (False, 404)
    assert "not found: srv-nobody" in result.why
    result, _ = act("restart", service="nobody")
    assert "there is no service of the name nobody" in result.why
    render.refuse(429, {"Ratelimit-Remaining": "0"})
    assert act("restart")[0].status == 429
    monkeypatch.setenv("RENDER_API_KEY", "rnd_wrongwrong")
    result, _ = act("status", level="read")
    assert result.status == 401
    assert "Check the token" in result.why


def test_a_wait_bears_a_moment_of_trouble_and_ends_in_time(
    act: Act, render: RenderStub, call: Callable[..., Call], actions: dict[str, Action]
):
    answer = render.answer
    seen = 0

    def troubled(request: Any) -> Any:
        nonlocal seen
        if "/deploys/dep-" in request.path:
            seen += 1
            if seen == 2:
                render.refuse(503)
                return render.trouble.pop()
        return answer(request)

    render.answer = troubled
    assert act("deploy")[0].well
    assert seen == 4
    render.deploys[SERVICE][0]["status"] = "created"
    render.answer = answer
    stuck = call("deploy", timeout_s=0.6)
    render._go_on = lambda service, id_: {**render._deploy(service, id_), "status": "build_in_progress"}
    render.deploys[SERVICE][0]["status"] = "deactivated"
    result = actions["render"].run(stuck)
    assert (result.well, result.cut, result.why) == (False, True, "did not end in time")


def test_after_a_crash_it_is_known_whether_anything_was_sent(
    render: RenderStub, call: Callable[..., Call], actions: dict[str, Action]
):
    # Nothing was sent: it may begin anew, and the old attempt can never go on.
    early = call("restart")
    assert actions["render"].find(early) is Found.NOT_STARTED
    with pytest.raises(CannotRun, match="settled"):
        actions["render"].run(early)
    assert render.restarts == []
    # Sent, and no answer was kept: nobody knows.
    render.silent = True
    lost = call("restart", timeout_s=0.3)
    actions["render"].run(lost)
    assert actions["render"].find(lost) is Found.NOT_STARTED  # it never got past looking the service up
    render.close()
    # On another machine nothing is known of what this one sent.
    elsewhere = call("restart")
    assert actions["render"].find(
        Call(text="", action="render.restart", folder=elsewhere.folder, timeout_s=1, same_machine=False)
    ) is Found.UNKNOWN  # fmt: skip


def test_a_roll_back_that_was_accepted_is_waited_for_by_the_next_process(
    render: RenderStub, call: Callable[..., Call], actions: dict[str, Action], monkeypatch: pytest.MonkeyPatch
):
    toolbox = actions["render"]
    cut_off = call("roll_back")

    class Killed(BaseException):
        pass

    def die(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(toolbox), "conclude", die)
        with pytest.raises(Killed):
            toolbox.run(cut_off)
    assert toolbox.find(cut_off) is Found.RUNNING
    result = toolbox.take_up(cut_off)
    assert result.well, result.why
    posts = [request.path for request in render.requests if request.method == "POST"]
    assert posts == [f"/v1/services/{SERVICE}/rollback"]
    assert render.deploys[SERVICE][0]["status"] == "live"


def test_sent_without_an_answer_is_unknown(
    render: RenderStub, call: Callable[..., Call], actions: dict[str, Action]
):
    answer = render.answer

    def fall_silent(request: Any) -> Any:
        if request.method == "POST":
            render.silent = True
            return render._answer(request)
        return answer(request)

    render.answer = fall_silent
    lost = call("restart", timeout_s=1.0)
    result = actions["render"].run(lost)
    assert not result.well
    assert actions["render"].find(lost) is Found.UNKNOWN
