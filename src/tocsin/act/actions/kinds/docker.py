"""Containers of a Docker engine: what runs, what it printed, what it uses; restart, stop, start.

    targets: {engine: {kind: docker, host: "unix:///run/docker.sock", project: shop}}

A container is named by `container`, or all those of a compose service by `service`; verbs that only look take all
where neither is given, and with the target's `project` those of this project only. Without a target, the engine is the
one that Docker's command finds by itself. `docker` on the machine where the step runs does the work; a restart that was
under way when Tocsin was interrupted is found again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from tocsin.act.actions.action import Call, Result
from tocsin.act.actions.printed import with_reason, with_rows
from tocsin.act.actions.programs import Programs
from tocsin.act.actions.toolbox import Verb, Word
from tocsin.act.targets.compose import ComposeTarget
from tocsin.act.targets.docker import DockerTarget, EngineSettings, engine_environment, usage
from tocsin.act.targets.target import read_target
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration, format_duration

# Words of the caller arrive as "$@", ids of containers are hexadecimal: nothing is read as a script.
_OF_SERVICE = """\
project=$1 service=$2; shift 2
found=$(docker ps --all --quiet ${service:+--filter "label=com.docker.compose.service=$service"} \\
  ${project:+--filter "label=com.docker.compose.project=$project"}) || exit
[ -n "$found" ] || { echo "there is no container${service:+ of a service $service}" >&2; exit 1; }
"""
_AT_ONCE = _OF_SERVICE + 'exec docker "$@" $found\n'
_ONE_BY_ONE = (
    _OF_SERVICE
    + """\
failed=0
for each in $found; do
  echo "== $(docker inspect --format '{{.Name}}' "$each")"
  docker "$@" "$each" 2>&1 || failed=$?
done
exit $failed
"""
)
_CONTAINER = """{"name":{{json .Names}},"service":{{json (.Label "com.docker.compose.service")}},\
"state":{{json .State}},"status":{{json .Status}},"image":{{json .Image}},"ports":{{json .Ports}}}"""
_STATE = """{"name":{{json .Name}},"state":{{json .State.Status}},\
"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},\
"restarts":{{json .RestartCount}},"exit_code":{{json .State.ExitCode}},"oom_killed":{{json .State.OOMKilled}},\
"error":{{json .State.Error}},"started_at":{{json .State.StartedAt}},"finished_at":{{json .State.FinishedAt}},\
"image":{{json .Config.Image}},"memory_limit_bytes":{{json .HostConfig.Memory}}}"""
_EVENT = """{"at":{{json .Time}},"kind":{{json .Type}},"action":{{json .Action}},\
"name":{{json (index .Actor.Attributes "name")}},"exit_code":{{json (index .Actor.Attributes "exitCode")}}}"""


class _OfContainers(Verb):
    """A verb on one container, on all of a compose service, or on all that there are."""

    container: Word | None = Field(default=None, description="Name or id of one container.")
    service: Word | None = Field(default=None, description="A compose service: all of its containers.")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.container and self.service:
            raise ValueError("give either container or service")
        return self

    @property
    def whom(self) -> str:
        if self.service:
            return f"all containers of {self.service}"
        return f"container {self.container}" if self.container else "every container"

    def given(self) -> dict[str, str]:
        return {"container": self.container} if self.container else {"service": self.service or ""}

    def words(self) -> list[str]:
        """The command of Docker up to the names of containers."""
        raise NotImplementedError

    def script(self) -> str:
        """How it is done for all of a service."""
        return _AT_ONCE


class _OnContainers(_OfContainers):
    """A verb that changes containers: never all that there are."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.container or self.service):
            raise ValueError("give either container or service")
        return self


class Ps(Verb):
    title = N_("Containers")
    level = "read"

    def plan(self) -> str:
        return "Lists the containers, also those that have stopped."


class Logs(_OfContainers):
    title = N_("What containers printed")
    level = "read"
    examples = ({"container": "shop-api-1", "lines": 200}, {"service": "api", "since": "15m"})

    lines: int = Field(default=500, ge=1, le=1_000_000, description="At most so many, the last ones.")
    since: Duration | None = Field(default=None, description="Only those of this long.")

    def plan(self) -> str:
        return f"Prints the last {self.lines} lines of {self.whom}."

    def words(self) -> list[str]:
        since = ["--since", format_duration(self.since)] if self.since is not None else []
        return ["logs", "--timestamps", "--tail", str(self.lines), *since]

    def script(self) -> str:
        return _ONE_BY_ONE


class Stats(Verb):
    title = N_("What containers use")
    level = "read"

    def plan(self) -> str:
        return "Measures processor and memory of every running container, once."


class State(_OfContainers):
    title = N_("State of containers")
    level = "read"
    examples = ({}, {"container": "shop-api-1"}, {"service": "api"})

    def plan(self) -> str:
        return f"Says how {self.whom} stands: health, restarts, exit code, killed for memory."

    def words(self) -> list[str]:
        return ["inspect", "--type", "container", "--format", _STATE]


class Events(Verb):
    title = N_("What the engine saw")
    level = "read"
    examples = ({"since": "30m"},)

    since: Duration = Field(default=timedelta(minutes=30), description="How far back.")

    def plan(self) -> str:
        return f"Lists containers that stopped, were killed or ran out of memory in {format_duration(self.since)}."


class Restart(_OnContainers):
    title = N_("Restart containers")
    level = "change"
    examples = ({"service": "api"}, {"container": "shop-api-1", "grace": "30s"})

    grace: Duration | None = Field(
        default=None, description="How long it may take to stop before it is killed."
    )

    def plan(self) -> str:
        return f"Restarts {self.whom}; a container that has stopped is started."

    def words(self) -> list[str]:
        return ["restart", *_grace(self.grace)]


class Stop(_OnContainers):
    title = N_("Stop containers")
    level = "change"
    idempotent = True
    examples = ({"service": "worker"},)

    grace: Duration | None = Field(
        default=None, description="How long it may take to stop before it is killed."
    )

    def plan(self) -> str:
        return f"Stops {self.whom}; their data stays."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "start", self.given()

    def words(self) -> list[str]:
        return ["stop", *_grace(self.grace)]


class Start(_OnContainers):
    title = N_("Start containers")
    level = "change"
    idempotent = True
    examples = ({"service": "worker"},)

    def plan(self) -> str:
        return f"Starts {self.whom}; one that runs stays as it is."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "stop", self.given()

    def words(self) -> list[str]:
        return ["start"]


class Docker(Programs):
    title = "Docker"
    verbs: ClassVar[tuple[type[Verb], ...]] = (Ps, Logs, Stats, State, Events, Restart, Stop, Start)

    def argv(self, verb: Verb, call: Call) -> Sequence[str]:
        project = _target(call).project
        match verb:
            case Ps():
                mine = ["--filter", f"label=com.docker.compose.project={project}"] if project else []
                return ["docker", "ps", "--all", "--format", _CONTAINER, *mine]
            case Stats():
                return ["docker", "stats", "--no-stream", "--format", "{{json .}}"]
            case Events():
                seen = (
                    *("--since", f"{verb.since.total_seconds():.0f}s", "--until", "0s"),
                    *("--filter", "event=die", "--filter", "event=oom", "--filter", "event=kill"),
                    *("--filter", "event=restart", "--filter", "event=health_status"),
                )
                return ["docker", "events", *seen, "--format", _EVENT]
            case _OfContainers(container=str() as container):
                return ["docker", *verb.words(), container]
            case _OfContainers():
                return ["sh", "-c", verb.script(), "docker", project or "", verb.service or "", *verb.words()]
            case _:
                raise AssertionError(verb)

    def environment(self, verb: Verb, call: Call) -> Mapping[str, str]:
        return engine_environment(_target(call))

    def after(self, verb: Verb, call: Call, result: Result) -> Result:
        match verb:
            case Ps() | State() | Events():
                return with_rows(call, result)
            case Stats():
                return with_rows(call, result, usage)
            case _:
                return with_reason(call, result)


def _target(call: Call) -> DockerTarget:
    """The engine; of a compose target that where its project is, and without a target the one nearby."""
    if not call.target:
        return DockerTarget()
    if call.target.get("kind") != "compose":
        return read_target(DockerTarget, call.target, "docker")
    project = read_target(ComposeTarget, call.target, "compose")
    shared = project.model_dump(include=set(EngineSettings.model_fields))
    return DockerTarget(project=project.project, **shared)


def _grace(given: timedelta | None) -> list[str]:
    return ["--time", str(round(given.total_seconds()))] if given is not None else []
