"""The API of a Kubernetes cluster, as its published pages describe it, for the real kubectl.

Pages by which this was written: kubernetes.io/docs/reference/using-api/api-concepts (verbs, watch, `Status` for every
error), /docs/reference/kubernetes-api (pods, their `log`, events, deployments, their `scale`, replica sets),
/docs/concepts/workloads/controllers/deployment (revisions as annotations of replica sets, `observedGeneration`),
/docs/reference/access-authn-authz/authentication (bearer token, 401) and /docs/reference/using-api/api-concepts
#patch-and-apply (the three kinds of patches by their content type).

One namespace, one deployment with three revisions. Whoever looks at it moves a roll-out one step on. What is not there
is refused with 404, a wrong token with 401, a patch that no content type announces with 415.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Any

import authority
from provider import Provider, Refused, Reply, Request

TOKEN = "stub-service-account-token"
NAMESPACE = "shop"
_RESOURCES = {
    "v1": [("pods", "Pod", ["po"]), ("pods/log", "Pod", []), ("events", "Event", ["ev"])],
    "apps/v1": [
        ("deployments", "Deployment", ["deploy"]),
        ("deployments/scale", "Scale", []),
        ("replicasets", "ReplicaSet", ["rs"]),
    ],
}
_REVISION = "deployment.kubernetes.io/revision"


def kubectl() -> str | None:
    """The wheel puts it beside the interpreter."""
    beside = Path(sys.executable).parent / "kubectl"
    return str(beside) if beside.exists() else which("kubectl")


class KubernetesStub(Provider):
    """`deployment` is as the cluster has it now; `settled` how far its roll-out has come (2 is through)."""

    def __init__(self) -> None:
        self.revisions = [_template(f"shop/api:v{number}") for number in (1, 2, 3)]
        self.deployment = {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "api", "namespace": NAMESPACE, "uid": "uid-api", "generation": 3, "resourceVersion": "30",
                "annotations": {_REVISION: "3"}, "labels": {"app": "api"},
            },
            "spec": {
                "replicas": 2, "selector": {"matchLabels": {"app": "api"}},
                "template": copy.deepcopy(self.revisions[-1]), "strategy": {"type": "RollingUpdate"},
            },
        }  # fmt: skip
        self.settled = 2
        self.pods = [
            _pod("api-7d9c-x1", ready=True, restarts=0),
            _pod("api-7d9c-x2", ready=False, restarts=7, waiting="CrashLoopBackOff"),
        ]
        self.events = [
            _event("Pulled", "Normal", "Container image already present", 1, "2026-11-22T03:00:00Z"),
            _event(
                "BackOff", "Warning", "Back-off restarting failed container api", 12, "2026-11-22T03:05:00Z"
            ),
        ]
        super().__init__()
        self._server.socket = authority.server().wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://{self.host}"

    @property
    def images(self) -> list[str]:
        return [each["image"] for each in self.deployment["spec"]["template"]["spec"]["containers"]]

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _refused(401, "Unauthorized", "Unauthorized")
        path = request.path.strip("/")
        if request.method == "GET" and (found := _discovery(path)) is not None:
            return Reply.of(found)
        _, inside, rest = path.partition(f"/namespaces/{NAMESPACE}/")
        query = dict(request.query)
        if path == f"api/v1/namespaces/{NAMESPACE}":
            return Reply.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        match (request.method, rest.split("/") if inside else []):
            case ("GET", ["pods"]):
                chosen = _chosen(self.pods, query.get("labelSelector"))
                return Reply.of(_list("v1", "PodList", chosen))
            case ("GET", ["pods", name]):
                return Reply.of(_named(self.pods, name, "pods"))
            case ("GET", ["pods", name, "log"]):
                return self._log(name, query)
            case ("GET", ["events"]):
                return Reply.of(
                    _list("v1", "EventList", _with_fields(self.events, query.get("fieldSelector")))
                )
            case ("GET", ["replicasets"]):
                return Reply.of(_list("apps/v1", "ReplicaSetList", self._replica_sets()))
            case ("GET", ["deployments"]):
                if "sendInitialEvents" in query:
                    raise _refused(422, "Invalid", "sendInitialEvents: Forbidden: the feature is not enabled")
                self._go_on()
                if query.get("watch") in ("true", "1"):
                    event = {"type": "MODIFIED", "object": self._deployment()}
                    return Reply(
                        body=json.dumps(event).encode() + b"\n", headers={"Content-Type": "application/json"}
                    )
                return Reply.of(_list("apps/v1", "DeploymentList", [self._deployment()]))
            case ("GET", ["deployments", "api"]):
                return Reply.of(self._deployment())
            case ("PATCH", ["deployments", "api"]):
                return self._patch(request)
            case ("GET", ["deployments", "api", "scale"]):
                return Reply.of(self._scale())
            case ("PUT" | "PATCH", ["deployments", "api", "scale"]):
                self.deployment["spec"]["replicas"] = request.json["spec"]["replicas"]
                self._begin()
                return Reply.of(self._scale())
            case (_, ["deployments" | "statefulsets" | "daemonsets" as kind, name, *_]):
                raise _refused(404, "NotFound", f'{kind}.apps "{name}" not found')
            case _:
                raise _refused(404, "NotFound", "the server could not find the requested resource")

    def _begin(self) -> None:
        meta = self.deployment["metadata"]
        meta["generation"] += 1
        meta["resourceVersion"] = str(meta["generation"] * 10)
        self.settled = 0

    def _go_on(self) -> None:
        if self.settled < 2:
            self.settled += 1
            meta = self.deployment["metadata"]
            meta["resourceVersion"] = str(int(meta["resourceVersion"]) + 1)

    def _deployment(self) -> dict[str, Any]:
        wanted = self.deployment["spec"]["replicas"]
        updated = {0: 0, 1: max(0, wanted - 1), 2: wanted}[self.settled]
        status = {
            "observedGeneration": self.deployment["metadata"]["generation"] - (self.settled == 0),
            "replicas": wanted, "updatedReplicas": updated, "readyReplicas": updated, "availableReplicas": updated,
            "conditions": [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}],
        }  # fmt: skip
        return {**self.deployment, "status": status}

    def _patch(self, request: Request) -> Reply:
        spec = self.deployment["spec"]
        match request.headers.get("content-type"):
            case "application/strategic-merge-patch+json" | "application/merge-patch+json":
                _merge(self.deployment, request.json)
            case "application/json-patch+json":
                for each in request.json:
                    if each["op"] != "replace" or each["path"] not in (
                        "/spec/template",
                        "/metadata/annotations",
                    ):
                        raise _refused(422, "Invalid", f"cannot {each['op']} {each['path']}")
                    if each["path"] == "/spec/template":
                        spec["template"] = each["value"]
                    else:
                        self.deployment["metadata"]["annotations"] = each["value"]
            case other:
                raise _refused(415, "UnsupportedMediaType", f"the body of the request was in {other}")
        number = len(self.revisions) + 1
        self.revisions = [each for each in self.revisions if each != spec["template"]] + [
            copy.deepcopy(spec["template"])
        ]
        self.deployment["metadata"]["annotations"] = {_REVISION: str(number)}
        self._begin()
        return Reply.of(self._deployment())

    def _scale(self) -> dict[str, Any]:
        meta = self.deployment["metadata"]
        kept = {name: meta[name] for name in ("name", "namespace", "uid", "resourceVersion")}
        replicas = self.deployment["spec"]["replicas"]
        return {
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": {"replicas": replicas},
            "status": {"replicas": replicas, "selector": "app=api"},
        }  # fmt: skip

    def _replica_sets(self) -> list[dict[str, Any]]:
        newest = int(self.deployment["metadata"]["annotations"][_REVISION])
        oldest = newest - len(self.revisions) + 1
        owner = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "api",
            "uid": "uid-api",
            "controller": True,
        }
        return [
            {
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": {
                    "name": f"api-{number}", "namespace": NAMESPACE, "uid": f"uid-{number}",
                    "labels": {"app": "api"}, "annotations": {_REVISION: str(number)},
                    "creationTimestamp": f"2026-11-{number:02}T00:00:00Z", "ownerReferences": [owner],
                },
                "spec": {
                    "selector": {"matchLabels": {"app": "api"}}, "template": template,
                    "replicas": self.deployment["spec"]["replicas"] if number == newest else 0,
                },
            }
            for number, template in enumerate(self.revisions, oldest)
        ]  # fmt: skip

    def _log(self, name: str, query: Mapping[str, str]) -> Reply:
        pod = _named(self.pods, name, "pods")
        if query.get("container", "api") != "api":
            raise _refused(400, "BadRequest", f"container {query['container']} is not valid for pod {name}")
        if query.get("previous") == "true" and not pod["status"]["containerStatuses"][0]["restartCount"]:
            raise _refused(
                400, "BadRequest", f'previous terminated container "api" in pod "{name}" not found'
            )
        lines = [f"{name} line {number}" for number in range(1, 6)][-int(query.get("tailLines", "5")) :]
        stamp = "2026-11-22T03:00:00Z " if query.get("timestamps") == "true" else ""
        text = "".join(f"{stamp}{line}\n" for line in lines)
        return Reply(body=text.encode(), headers={"Content-Type": "text/plain"})


def _discovery(path: str) -> dict[str, Any] | None:
    match path:
        case "api":
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case "apis":
            version = {"groupVersion": "apps/v1", "version": "v1"}
            group = {"name": "apps", "versions": [version], "preferredVersion": version}
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}
        case "api/v1" | "apis/apps/v1":
            version = path.partition("/")[2]
            resources = [
                {
                    "name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind,
                    "verbs": ["get", "list", "patch", "update", "watch"], "shortNames": short,
                }
                for name, kind, short in _RESOURCES[version]
            ]  # fmt: skip
            for each in resources:
                if each["kind"] == "Scale":
                    each |= {"group": "autoscaling", "version": "v1"}
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": version,
                "resources": resources,
            }
        case _:
            return None


def _template(image: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "api"}},
        "spec": {"containers": [{"name": "api", "image": image}], "restartPolicy": "Always"},
    }


def _pod(name: str, *, ready: bool, restarts: int, waiting: str = "") -> dict[str, Any]:
    state = (
        {"waiting": {"reason": waiting}} if waiting else {"running": {"startedAt": "2026-11-22T02:00:00Z"}}
    )
    last = {"terminated": {"reason": "OOMKilled", "exitCode": 137}} if restarts else {}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "labels": {"app": "api"}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "api", "image": "shop/api:v3"}]},
        "status": {
            "phase": "Running", "startTime": "2026-11-22T02:00:00Z",
            "containerStatuses": [
                {"name": "api", "ready": ready, "restartCount": restarts, "state": state, "lastState": last}
            ],
        },
    }  # fmt: skip


def _event(reason: str, kind: str, message: str, count: int, at: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": f"e-{reason.lower()}", "namespace": NAMESPACE},
        "involvedObject": {"kind": "Pod", "name": "api-7d9c-x2", "namespace": NAMESPACE}, "reason": reason,
        "type": kind, "message": message, "count": count, "firstTimestamp": at, "lastTimestamp": at,
    }  # fmt: skip


def _list(version: str, kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"resourceVersion": "99"}, "items": items}


def _named(found: list[dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    for each in found:
        if each["metadata"]["name"] == name:
            return each
    raise _refused(404, "NotFound", f'{kind} "{name}" not found')


def _chosen(found: list[dict[str, Any]], selector: str | None) -> list[dict[str, Any]]:
    wanted = dict(part.split("=", 1) for part in selector.split(",")) if selector else {}
    return [each for each in found if wanted.items() <= each["metadata"]["labels"].items()]


def _with_fields(found: list[dict[str, Any]], selector: str | None) -> list[dict[str, Any]]:
    for part in selector.split(",") if selector else ():
        path, _, wanted = part.partition("=")
        found = [each for each in found if _at(each, path) == wanted]
    return found


def _at(node: Any, path: str) -> Any:
    for name in path.split("."):
        node = node[name]
    return node


def _merge(into: dict[str, Any], patch: Mapping[str, Any]) -> None:
    for name, value in patch.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        elif name == "containers":  # a list whose entries are known by their name
            for each in value:
                _merge(next(known for known in into[name] if known["name"] == each["name"]), each)
        elif name.startswith("$setElementOrder/"):
            continue
        else:
            into[name] = value


def _refused(status: int, reason: str, message: str) -> Refused:
    told = {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "code": status,
    }  # fmt: skip
    return Refused(Reply.of(told, status))
