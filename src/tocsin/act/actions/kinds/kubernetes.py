"""Workloads of a Kubernetes namespace: pods, logs, events, roll-outs (status, history, restart, undo), images, scale.

    targets: {cluster: {kind: kubernetes, context: production, namespace: shop}}

`kubectl` on the machine where the step runs does the work, with the kubeconfig, context or service account of the
target. `rollout_restart`, `rollout_undo`, `set_image` and `scale` return once the cluster has accepted them: a step
`kubernetes.rollout_status` with `wait` says when the new pods stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tocsin.act.actions.action import Call, CannotRun, Result, tail_of
from tocsin.act.actions.printed import with_reason
from tocsin.act.actions.programs import Programs
from tocsin.act.actions.toolbox import ROWS, Verb, Word
from tocsin.act.targets.kubernetes import KubernetesTarget, forget_sign_in, kubectl_words
from tocsin.act.targets.target import read_target
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration, format_duration

Kind = Literal["deployment", "statefulset", "daemonset"]
_ABSENT = "<none>"
# Each column is one word for a reader and a row; only the last may hold blanks.
_PODS = {
    "NAME": ".metadata.name",
    "PHASE": ".status.phase",
    "READY": ".status.containerStatuses[*].ready",
    "RESTARTS": ".status.containerStatuses[*].restartCount",
    "WAITING": ".status.containerStatuses[*].state.waiting.reason",
    "LAST": ".status.containerStatuses[*].lastState.terminated.reason",
    "NODE": ".spec.nodeName",
    "STARTED": ".status.startTime",
}
_WORKLOADS = {
    "NAME": ".metadata.name",
    "WANTED": ".spec.replicas",
    "READY": ".status.readyReplicas",
    "UPDATED": ".status.updatedReplicas",
    "IMAGES": ".spec.template.spec.containers[*].image",
}
_EVENTS = {
    "LAST": ".lastTimestamp",
    "TYPE": ".type",
    "REASON": ".reason",
    "KIND": ".involvedObject.kind",
    "NAME": ".involvedObject.name",
    "COUNT": ".count",
    "MESSAGE": ".message",
}


class Pods(Verb):
    title = N_("Pods")
    level = "read"
    examples = ({}, {"selector": "app=api"})

    selector: Word | None = Field(default=None, description="Labels they have: app=api,tier!=batch.")

    def plan(self) -> str:
        chosen = f" with {self.selector}" if self.selector else ""
        return f"Lists the pods{chosen}: phase, ready, restarts, why they wait."


class Workloads(Verb):
    title = N_("Workloads")
    level = "read"
    examples = ({}, {"kind": "statefulset"})

    kind: Kind = Field(default="deployment", description="deployment, statefulset or daemonset.")

    def plan(self) -> str:
        return f"Lists every {self.kind}: pods wanted and ready, images."


class Events(Verb):
    title = N_("Events of the cluster")
    level = "read"
    examples = ({}, {"name": "api-7d9c", "warnings": True})

    name: Word | None = Field(default=None, description="Only those of the object of this name.")
    warnings: bool = Field(default=False, description="Only warnings.")

    def plan(self) -> str:
        return f"Lists the {'warnings' if self.warnings else 'events'} of the namespace, the latest last."


class Logs(Verb):
    title = N_("What pods printed")
    level = "read"
    examples = (
        {},
        {"pod": "api-7d9c-x1", "previous": True},
        {"deployment": "api", "lines": 200},
        {"selector": "app=api", "since": "15m"},
    )

    pod: Word | None = Field(default=None, description="One pod.")
    deployment: Word | None = Field(
        default=None, description="One pod of this deployment. Without any: that of the target."
    )
    selector: Word | None = Field(default=None, description="All pods with these labels.")
    container: Word | None = Field(default=None, description="One container of it. Without it: all of them.")
    lines: int = Field(default=500, ge=1, le=1_000_000, description="At most so many of each container.")
    since: Duration | None = Field(default=None, description="Only those of this long.")
    previous: bool = Field(default=False, description="Of the container before its last restart.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(bool(each) for each in (self.pod, self.deployment, self.selector)) > 1:
            raise ValueError("give one of pod, deployment and selector")
        return self

    def plan(self) -> str:
        whom = f"deployment {self.deployment}" if self.deployment else self.pod or "the target's deployment"
        whom = f"pods with {self.selector}" if self.selector else whom
        return f"Prints the last {self.lines} lines of {whom}."


class _OnWorkload(Verb):
    """A verb on one workload."""

    name: Word = Field(description="Name of the workload.")
    kind: Kind = Field(default="deployment", description="deployment, statefulset or daemonset.")

    @property
    def whom(self) -> str:
        return f"{self.kind}/{self.name}"


class RolloutStatus(_OnWorkload):
    title = N_("Status of a roll-out")
    level = "read"
    examples = ({"name": "api"}, {"name": "api", "wait": "3m"})

    wait: Duration | None = Field(
        default=None, description="Wait so long until it is through. Without it: how it stands now."
    )

    def plan(self) -> str:
        return f"Says whether the roll-out of {self.whom} is through."


class RolloutHistory(_OnWorkload):
    title = N_("Earlier roll-outs")
    level = "read"
    examples = ({"name": "api"},)

    def plan(self) -> str:
        return f"Lists the revisions of {self.whom} that can be gone back to."


class RolloutRestart(_OnWorkload):
    title = N_("Restart a workload")
    level = "change"
    examples = ({"name": "api"},)

    def plan(self) -> str:
        return f"Replaces the pods of {self.whom} one after the other, as its strategy says."


class RolloutUndo(_OnWorkload):
    title = N_("Roll a workload back")
    level = "change"
    examples = ({"name": "api"}, {"name": "api", "revision": 41})

    revision: int | None = Field(
        default=None, ge=1, description="Back to this one. Without it: the one before."
    )

    def plan(self) -> str:
        where = f"revision {self.revision}" if self.revision else "the revision before"
        return f"Rolls {self.whom} back to {where}; pods are replaced one after the other."


class SetImage(_OnWorkload):
    title = N_("Give a workload another image")
    level = "change"
    idempotent = True
    examples = ({"name": "api", "container": "api", "image": "registry.example.com/api:v41"},)

    container: Word = Field(description="The container of it.")
    image: Word = Field(description="The image, with its tag or digest.")

    def plan(self) -> str:
        return f"Rolls {self.image} out on {self.whom}, container {self.container}."


class Scale(Verb):
    title = N_("Scale a workload")
    level = "change"
    idempotent = True
    examples = ({"name": "api", "replicas": 6}, {"name": "api", "replicas": 6, "before": 3})

    name: Word = Field(description="Name of the workload.")
    kind: Literal["deployment", "statefulset"] = Field(
        default="deployment", description="deployment or statefulset."
    )
    replicas: int = Field(ge=0, le=10_000, description="So many pods.")
    before: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="Only where there are so many now; that is also what undo restores.",
    )

    @property
    def whom(self) -> str:
        return f"{self.kind}/{self.name}"

    def plan(self) -> str:
        only = f", where there are {self.before} now" if self.before is not None else ""
        return f"Sets {self.whom} to {self.replicas} pods{only}."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        if self.before is None:
            return None
        return "scale", {
            "name": self.name, "kind": self.kind, "replicas": self.before, "before": self.replicas,
        }  # fmt: skip


class Kubernetes(Programs):
    title = "Kubernetes"
    verbs: ClassVar[tuple[type[Verb], ...]] = (
        Pods, Workloads, Events, Logs, RolloutStatus, RolloutHistory, RolloutRestart, RolloutUndo, SetImage,
        Scale,
    )  # fmt: skip

    def argv(self, verb: Verb, call: Call) -> Sequence[str]:
        target = read_target(KubernetesTarget, call.target, "kubernetes")
        if isinstance(verb, Logs) and not (verb.pod or verb.deployment or verb.selector):
            if not target.name:
                raise CannotRun(
                    "no pods are named", fix="Give pod, deployment or selector, or the target a name."
                )
            verb = verb.model_copy(update={"deployment": target.name})
        return [*kubectl_words(target, call.folder), *_words(verb, call)]

    def after(self, verb: Verb, call: Call, result: Result) -> Result:
        forget_sign_in(call.folder)
        if not result.well:
            return with_reason(call, result)
        match verb:
            case Pods():
                return replace(result, rows=tuple(_pod(row) for row in _table(call.out)))
            case Workloads() | Events():
                return replace(result, rows=tuple(_table(call.out)))
            case RolloutStatus(wait=None):
                said = tail_of(call.out).strip()
                through = "successfully rolled out" in said or "roll out complete" in said
                return result if through else replace(result, well=False, why=said[-200:])
            case _:
                return result


def _words(verb: Verb, call: Call) -> list[str]:
    match verb:
        case Pods():
            return ["get", "pods", *_selector(verb.selector), *_columns(_PODS)]
        case Workloads():
            return ["get", verb.kind, *_columns(_WORKLOADS)]
        case Events():
            fields = [f"involvedObject.name={verb.name}"] if verb.name else []
            fields += ["type=Warning"] if verb.warnings else []
            chosen = ["--field-selector", ",".join(fields)] if fields else []
            return ["get", "events", "--sort-by=.lastTimestamp", *chosen, *_columns(_EVENTS)]
        case Logs():
            return ["logs", *_logs(verb)]
        case RolloutStatus():
            waiting = (
                ["--timeout", format_duration(verb.wait)] if verb.wait is not None else ["--watch=false"]
            )
            return ["rollout", "status", *waiting, verb.whom]
        case RolloutHistory():
            return ["rollout", "history", verb.whom]
        case RolloutRestart():
            return ["rollout", "restart", *_patience(call), verb.whom]
        case RolloutUndo():
            back = ["--to-revision", str(verb.revision)] if verb.revision else []
            return ["rollout", "undo", *_patience(call), *back, verb.whom]
        case SetImage():
            return ["set", "image", *_patience(call), verb.whom, f"{verb.container}={verb.image}"]
        case Scale():
            only = ["--current-replicas", str(verb.before)] if verb.before is not None else []
            return ["scale", *_patience(call), "--replicas", str(verb.replicas), *only, verb.whom]
        case _:
            raise AssertionError(verb)


def _logs(verb: Logs) -> list[str]:
    whom = [verb.pod] if verb.pod else [f"deployment/{verb.deployment}"] if verb.deployment else []
    words = [*whom, *_selector(verb.selector), "--tail", str(verb.lines), "--timestamps"]
    words += ["--container", verb.container] if verb.container else ["--all-containers"]
    words += ["--prefix", "--max-log-requests", "50"] if verb.selector else []
    words += ["--since", format_duration(verb.since)] if verb.since is not None else []
    return [*words, "--previous"] if verb.previous else words


def _selector(given: str | None) -> list[str]:
    return ["--selector", given] if given else []


def _columns(columns: Mapping[str, str]) -> list[str]:
    return ["--output", "custom-columns=" + ",".join(f"{name}:{path}" for name, path in columns.items())]


def _patience(call: Call) -> list[str]:
    """One request of it must not outlive the step."""
    return ["--request-timeout", f"{max(1, round(call.timeout_s))}s"]


def _table(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of what `custom-columns` printed: one word a column, the last with the rest of the line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        names = [name.lower() for name in file.readline().split()]
        for number, line in enumerate(file):
            if number == ROWS or not names:
                return
            values = line.rstrip("\n").split(maxsplit=len(names) - 1)
            values += [_ABSENT] * (len(names) - len(values))
            yield {name: _value(value.strip()) for name, value in zip(names, values, strict=True)}


def _value(text: str) -> str | int | None:
    if text == _ABSENT:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _pod(row: Mapping[str, Any]) -> dict[str, Any]:
    """A pod is ready when all of its containers are; its restarts are those of all of them."""
    ready = str(row.get("ready") or "").split(",")
    restarts = str(row.get("restarts") or 0).split(",")
    return {
        **row,
        "ready": all(each == "true" for each in ready),
        "restarts": sum(int(each) for each in restarts if each.isdigit()),
    }
