"""Kubernetes as a step uses it: the real kubectl, over TLS, against the documented API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_stub import NAMESPACE, TOKEN, KubernetesStub, kubectl

from tocsin.act.actions.action import Action, Call, CannotRun, Found, Result
from tocsin.act.actions.toolbox import check
from tocsin.act.targets.target import BadTarget
from tocsin.ground.kernel.secret import Secret

pytestmark = pytest.mark.skipif(kubectl() is None, reason="no kubectl here (make setup)")
Act = Callable[..., tuple[Result, str]]
AUTHORITY = Path(__file__).parents[2] / "data" / "authority" / "authority.pem"


@pytest.fixture
def cluster() -> Iterator[KubernetesStub]:
    stub = KubernetesStub()
    yield stub
    stub.close()


@pytest.fixture
def target(cluster: KubernetesStub, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("CLUSTER_TOKEN", TOKEN)
    return {
        "kind": "kubernetes", "server": cluster.url, "token": Secret.from_reference("env:CLUSTER_TOKEN"),
        "ca": str(AUTHORITY), "server_name": "shop.example", "namespace": NAMESPACE, "program": kubectl(),
    }  # fmt: skip


@pytest.fixture
def act(
    actions: dict[str, Action], target: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Act:
    monkeypatch.setenv("HOME", str(tmp_path))  # where kubectl keeps what it found out about the cluster
    count = 0

    def do(verb: str, /, level: str = "read", **arguments: Any) -> tuple[Result, str]:
        nonlocal count
        count += 1
        folder = tmp_path / f"step.{count}"
        folder.mkdir()
        call = Call(
            text="", action=f"kubernetes.{verb}", arguments=arguments, folder=folder, timeout_s=60.0,
            level=level, target=target,
        )  # fmt: skip
        result = actions["kubernetes"].run(call)
        assert actions["kubernetes"].find(call) is Found.DONE
        # Who can look at the folder later finds no token in it.
        assert not any(
            TOKEN in each.read_text(errors="replace") for each in folder.iterdir() if each.is_file()
        )
        return result, call.out.read_text() + call.err.read_text()

    return do


def test_pods_events_and_logs_as_rows_and_lines(act: Act):
    pods, said = act("pods", selector="app=api")
    assert pods.well, said
    sick = (pods.rows or ())[1]
    assert (sick["name"], sick["ready"], sick["restarts"]) == ("api-7d9c-x2", False, 7)
    assert (sick["waiting"], sick["last"], sick["node"]) == ("CrashLoopBackOff", "OOMKilled", "node-1")
    assert [row["ready"] for row in pods.rows or ()] == [True, False]
    assert act("pods", selector="app=other")[0].rows == ()
    (workload,) = act("workloads")[0].rows or ()
    assert (workload["wanted"], workload["ready"], workload["images"]) == (2, 2, "shop/api:v3")
    (warning,) = act("events", warnings=True, name="api-7d9c-x2")[0].rows or ()
    assert (warning["reason"], warning["count"]) == ("BackOff", 12)
    assert warning["message"] == "Back-off restarting failed container api"
    assert len(act("events")[0].rows or ()) == 2
    assert act("logs", pod="api-7d9c-x2", lines=2, previous=True)[1].count("api-7d9c-x2 line") == 2
    assert "line 5" in act("logs", deployment="api")[1]
    both = act("logs", selector="app=api", lines=1)[1]
    assert "[pod/api-7d9c-x1/api]" in both
    assert "[pod/api-7d9c-x2/api]" in both


def test_a_roll_out_is_restarted_watched_and_undone(act: Act, cluster: KubernetesStub):
    assert act("rollout_status", name="api")[0].well
    restarted, said = act("rollout_restart", level="change", name="api")
    assert restarted.well, said
    annotations = cluster.deployment["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations
    now, _ = act("rollout_status", name="api")
    assert not now.well
    assert "out of 2 new replicas have been updated" in now.why or "Waiting" in now.why
    through, said = act("rollout_status", name="api", wait="30s")
    assert through.well, said
    assert "4 " in act("rollout_history", name="api")[1]
    undone, said = act("rollout_undo", level="change", name="api", revision=2)
    assert undone.well, said
    assert cluster.images == ["shop/api:v2"]
    assert act("rollout_undo", level="change", name="api")[0].well
    assert cluster.images == ["shop/api:v3"]
    other, said = act("set_image", level="change", name="api", container="api", image="shop/api:v2")
    assert other.well, said
    assert cluster.images == ["shop/api:v2"]
    nowhere, _ = act("set_image", level="change", name="api", container="web", image="shop/api:v2")
    assert 'unable to find container named "web"' in nowhere.why
    gone, _ = act("rollout_undo", level="change", name="api", revision=99)
    assert "unable to find specified revision 99" in gone.why


def test_it_is_scaled_only_from_what_was_meant(act: Act, cluster: KubernetesStub):
    scaled, said = act("scale", level="change", name="api", replicas=5, before=2)
    assert scaled.well, said
    assert cluster.deployment["spec"]["replicas"] == 5
    refused, _ = act("scale", level="change", name="api", replicas=9, before=2)
    assert not refused.well
    assert cluster.deployment["spec"]["replicas"] == 5
    name, given = check("kubernetes.scale", {"name": "api", "replicas": 5, "before": 2}).undo() or ("", {})
    assert act(name, level="change", **given)[0].well
    assert cluster.deployment["spec"]["replicas"] == 2


def test_refusals_are_told_in_the_words_of_the_cluster(
    act: Act, target: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    assert (
        'deployments.apps "nobody" not found' in act("rollout_restart", level="change", name="nobody")[0].why
    )
    for hostile in ("$(touch mark)", "api; ls", "api/scale", "../../x"):
        assert not act("rollout_restart", level="change", name=hostile)[0].well
    with pytest.raises(CannotRun, match="dash"):
        act("rollout_restart", level="change", name="--all")
    with pytest.raises(CannotRun, match="one of pod, deployment and selector"):
        act("logs", pod="api-7d9c-x1", deployment="api")
    with pytest.raises(CannotRun, match="no pods are named"):
        act("logs")
    target["name"] = "api"
    assert "line 5" in act("logs")[1]
    monkeypatch.setenv("CLUSTER_TOKEN", "wrong-wrong-token")
    assert "logged in to the server" in act("pods")[0].why
    target |= {"context": "production"}
    with pytest.raises(BadTarget, match="either a kubeconfig"):
        act("pods")
