"""A stack as a compose file describes it: what runs, what it printed, what it uses; restart, stop, up, down, scale.

    targets: {stack: {kind: compose, file: /srv/shop/compose.yaml}}

`docker compose` on the machine where the step runs does the work, or `docker-compose` where that is what is installed.
The compose file sees the variables that the service declares. `down` keeps volumes; `down: {volumes: true}` deletes
them and with them the data, so it is *destroy*. What was under way when Tocsin was interrupted is found again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from tocsin.act.actions.action import Call, Result
from tocsin.act.actions.printed import with_reason, with_rows
from tocsin.act.actions.programs import Programs
from tocsin.act.actions.toolbox import Verb, Word
from tocsin.act.guard import Level
from tocsin.act.targets.compose import ComposeTarget, compose_words
from tocsin.act.targets.docker import engine_environment, usage
from tocsin.act.targets.target import read_target
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration, format_duration

_CONTAINER = """{"name":{{json .Name}},"service":{{json .Service}},"state":{{json .State}},\
"health":{{json .Health}},"exit_code":{{json .ExitCode}},"status":{{json .Status}},"image":{{json .Image}}}"""


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Services = Annotated[tuple[Word, ...], BeforeValidator(_several)]
_OF_THESE = Field(default=(), description="These services of the file. Without any: all of them.")


class _OnServices(Verb):
    """A verb on some services of the file, or on all."""

    service: Services = _OF_THESE

    @property
    def whom(self) -> str:
        return ", ".join(self.service) or "every service of the stack"

    def words(self) -> list[str]:
        """What stands after the command of compose, up to the names of services."""
        raise NotImplementedError


class Ps(_OnServices):
    title = N_("Containers of the stack")
    level = "read"
    examples = ({}, {"service": "api"})

    def plan(self) -> str:
        return f"Lists the containers of {self.whom}, also those that have stopped."

    def words(self) -> list[str]:
        return ["ps", "--all", "--format", _CONTAINER]


class Logs(_OnServices):
    title = N_("What the stack printed")
    level = "read"
    examples = ({"service": "api", "lines": 200}, {"service": ["api", "db"], "since": "15m"})

    lines: int = Field(default=500, ge=1, le=1_000_000, description="At most so many of each container.")
    since: Duration | None = Field(default=None, description="Only those of this long.")

    def plan(self) -> str:
        return f"Prints the last {self.lines} lines of each container of {self.whom}."

    def words(self) -> list[str]:
        since = ["--since", format_duration(self.since)] if self.since is not None else []
        return ["logs", "--no-color", "--timestamps", "--tail", str(self.lines), *since]


class Stats(Verb):
    title = N_("What the stack uses")
    level = "read"
    examples = ({}, {"service": "api"})

    service: Word | None = Field(default=None, description="One service. Without it: all of them.")

    def plan(self) -> str:
        return "Measures processor and memory of the running containers, once."


class Restart(_OnServices):
    title = N_("Restart services")
    level = "change"
    examples = ({"service": "api"}, {"service": ["db", "cache"], "grace": "30s"})

    grace: Duration | None = Field(
        default=None, description="How long one may take to stop before it is killed."
    )

    def plan(self) -> str:
        return f"Restarts {self.whom}."

    def words(self) -> list[str]:
        return ["restart", *_grace(self.grace)]


class Stop(_OnServices):
    title = N_("Stop services")
    level = "change"
    idempotent = True
    examples = ({"service": "worker"},)

    grace: Duration | None = Field(
        default=None, description="How long one may take to stop before it is killed."
    )

    def plan(self) -> str:
        return f"Stops {self.whom}; containers and data stay."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "start", {"service": list(self.service)}

    def words(self) -> list[str]:
        return ["stop", *_grace(self.grace)]


class Start(_OnServices):
    title = N_("Start services")
    level = "change"
    idempotent = True
    examples = ({"service": "worker"},)

    def plan(self) -> str:
        return f"Starts the containers of {self.whom} that were stopped."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "stop", {"service": list(self.service)}

    def words(self) -> list[str]:
        return ["start"]


class Up(_OnServices):
    title = N_("Bring the stack up")
    level = "change"
    idempotent = True
    examples = ({}, {"service": "api", "wait": "2m"}, {"service": "api", "recreate": True, "pull": "always"})

    wait: Duration | None = Field(
        default=None, description="Wait so long for all to run and be healthy; failing that, the step fails."
    )
    recreate: bool = Field(default=False, description="Make containers anew although nothing has changed.")
    pull: Literal["always", "missing", "never"] = Field(
        default="missing", description="When images are fetched."
    )

    def plan(self) -> str:
        how = "makes anew and starts" if self.recreate else "makes and starts what is missing or changed of"
        return f"{how.capitalize()} {self.whom}, as the compose file says; volumes stay."

    def words(self) -> list[str]:
        waiting = ["--wait", "--wait-timeout", _seconds(self.wait)] if self.wait is not None else []
        recreate = ["--force-recreate"] if self.recreate else []
        return ["up", "--detach", "--no-build", "--pull", self.pull, *waiting, *recreate]


class Down(Verb):
    title = N_("Take the stack down")
    level = "change"
    examples = ({}, {"volumes": True})

    volumes: bool = Field(default=False, description="Delete its volumes as well: all data in them is lost.")
    grace: Duration | None = Field(
        default=None, description="How long one may take to stop before it is killed."
    )

    def level_of(self) -> Level:
        return "destroy" if self.volumes else "change"

    def plan(self) -> str:
        if self.volumes:
            return "Stops and removes the whole stack and DELETES ITS VOLUMES: all data in them is lost."
        return "Stops and removes every container and network of the stack; volumes stay."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return None if self.volumes else ("up", {})


class Scale(Verb):
    title = N_("Scale a service")
    level = "change"
    idempotent = True
    examples = ({"service": "api", "replicas": 3}, {"service": "api", "replicas": 5, "before": 3})

    service: Word = Field(description="One service of the file.")
    replicas: int = Field(ge=0, le=1_000, description="So many containers.")
    before: int | None = Field(default=None, ge=0, le=1_000, description="So many there were: for undo.")

    def plan(self) -> str:
        return f"Runs {self.replicas} containers of {self.service}; those that run stay as they are."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        if self.before is None:
            return None
        return "scale", {"service": self.service, "replicas": self.before, "before": self.replicas}


class Compose(Programs):
    title = "Docker Compose"
    verbs: ClassVar[tuple[type[Verb], ...]] = (Ps, Logs, Stats, Restart, Stop, Start, Up, Down, Scale)

    def argv(self, verb: Verb, call: Call) -> Sequence[str]:
        compose = compose_words(_target(call))
        match verb:
            case _OnServices():
                return [*compose, *verb.words(), *verb.service]
            case Stats():
                one = [verb.service] if verb.service else []
                return [*compose, "stats", "--no-stream", "--format", "json", *one]
            case Down():
                volumes = ["--volumes"] if verb.volumes else []
                return [*compose, "down", *volumes, *_grace(verb.grace)]
            case Scale():
                wanted = f"{verb.service}={verb.replicas}"
                up = ["up", "--detach", "--no-build", "--no-deps", "--no-recreate", "--scale", wanted]
                return [*compose, *up, verb.service]
            case _:
                raise AssertionError(verb)

    def environment(self, verb: Verb, call: Call) -> Mapping[str, str]:
        return {**call.environment, **engine_environment(_target(call))}

    def after(self, verb: Verb, call: Call, result: Result) -> Result:
        match verb:
            case Ps():
                return with_rows(call, result)
            case Stats():
                return with_rows(call, result, usage)
            case _:
                return with_reason(call, result)


def _target(call: Call) -> ComposeTarget:
    return read_target(ComposeTarget, call.target, "compose")


def _grace(given: timedelta | None) -> list[str]:
    return ["--timeout", _seconds(given)] if given is not None else []


def _seconds(given: timedelta) -> str:
    return str(max(1, round(given.total_seconds())))
