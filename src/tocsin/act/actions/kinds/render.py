"""Services on Render: what they are, their logs and deploys; restart, deploy, roll back, scale.

    targets: {web: {kind: render, token: "env:RENDER_API_KEY", service: shop-api}}

`roll_back` goes to the deploy that served before, or to one by its id, and waits until it is live. Render does not stop
automatic deploys then, so the next push would bring the fault back: they are switched off as well, unless
`stop_auto_deploy` is false, and `auto_deploy` switches them on again. Render's API: api-docs.render.com/reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Literal

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.requested import Requested, fence, waited
from tocsin.act.actions.toolbox import ROWS, Verb, Word, tell
from tocsin.act.targets.render import DEPLOY, RenderTarget, Service, words
from tocsin.act.targets.render import Deploy as OneDeploy
from tocsin.act.targets.render import Render as Api
from tocsin.act.targets.rest import Rest
from tocsin.act.targets.target import read_target
from tocsin.ground.i18n import N_

_PREVIOUS = "previous"
_DEPLOYS_SEARCHED = 100
_SHORTEST_VERSION = 7


class _OfService(Verb):
    """A verb on one service."""

    service: Word | None = Field(
        default=None, description="Id or name of a service. Without it: that of the target."
    )

    @property
    def whom(self) -> str:
        return self.service or "the service"


class Services(Verb):
    title = N_("Services on Render")
    level = "read"

    def plan(self) -> str:
        return "Lists the services that the key may see."


class Status(_OfService):
    title = N_("A service on Render")
    level = "read"

    def plan(self) -> str:
        return f"Says how {self.whom} stands: suspended or not, instances, what is live."


class Logs(_OfService):
    title = N_("Logs on Render")
    level = "read"
    examples = ({}, {"lines": 200, "severity": "error"}, {"holding": "timeout"})

    lines: int = Field(default=500, ge=1, le=10_000, description="At most so many, the last ones.")
    severity: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None, description="Only lines of this level."
    )
    holding: str | None = Field(default=None, max_length=200, description="Only lines that hold this text.")
    since: str | None = Field(
        default=None, max_length=40, description="Only lines from this time on, as 2026-11-22T03:00:00Z."
    )

    def plan(self) -> str:
        return f"Prints the last {self.lines} lines of {self.whom}."


class Deploys(_OfService):
    title = N_("Deploys on Render")
    level = "read"
    examples = ({}, {"most": 5})

    most: int = Field(default=20, ge=1, le=_DEPLOYS_SEARCHED, description="At most so many, the last ones.")

    def plan(self) -> str:
        return f"Lists the last {self.most} deploys of {self.whom}."


class Restart(_OfService):
    title = N_("Restart a service on Render")
    level = "change"

    def plan(self) -> str:
        return f"Restarts every instance of {self.whom}, with the deploy that is live."


class Deploy(_OfService):
    title = N_("Deploy on Render")
    level = "change"
    examples = ({}, {"commit": "9fceb02", "wait": False}, {"clear_cache": True})

    commit: Word | None = Field(
        default=None, description="The commit to build. Without it: the last of the branch."
    )
    clear_cache: bool = Field(default=False, description="Build without the cache of earlier builds.")
    wait: bool = Field(
        default=True, description="Wait until it is live, at most as long as the step may take."
    )

    def plan(self) -> str:
        return f"Builds {self.commit or 'the last commit'} and makes it live on {self.whom}."


class RollBack(_OfService):
    title = N_("Roll back on Render")
    level = "change"
    examples = ({}, {"deploy": "dep-cq1abc", "stop_auto_deploy": False}, {"deploy": "9fceb02"})

    deploy: Word = Field(
        default=_PREVIOUS,
        description="A deploy that was live once, by its id or what it built (a commit, seven characters or more); "
        "previous: the last one before this.",
    )
    stop_auto_deploy: bool = Field(
        default=True, description="Switch automatic deploys off too, so that a push does not undo it."
    )
    wait: bool = Field(
        default=True, description="Wait until it is live, at most as long as the step may take."
    )

    def plan(self) -> str:
        which = "the deploy before" if self.deploy == _PREVIOUS else self.deploy
        and_ = " and switches automatic deploys off" if self.stop_auto_deploy else ""
        return f"Rolls {self.whom} back to {which}{and_}."


class AutoDeploy(_OfService):
    title = N_("Automatic deploys on Render")
    level = "change"
    idempotent = True
    examples = ({"on": False}, {"on": True})

    on: bool = Field(description="Whether a push deploys by itself.")

    def plan(self) -> str:
        return f"Switches automatic deploys of {self.whom} {'on' if self.on else 'off'}."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "auto_deploy", {"on": not self.on, **({"service": self.service} if self.service else {})}


class Scale(_OfService):
    title = N_("Scale a service on Render")
    level = "change"
    idempotent = True
    examples = ({"instances": 4}, {"instances": 4, "before": 2})

    instances: int = Field(ge=1, le=100, description="So many instances.")
    before: int | None = Field(default=None, ge=1, le=100, description="So many there were: for undo.")

    def plan(self) -> str:
        return f"Runs {self.whom} on {self.instances} instances."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        if self.before is None:
            return None
        whom = {"service": self.service} if self.service else {}
        return "scale", {"instances": self.before, "before": self.instances, **whom}


class Render(Requested):
    title = "Render"
    verbs: ClassVar[tuple[type[Verb], ...]] = (
        Services, Status, Logs, Deploys, Restart, Deploy, RollBack, AutoDeploy, Scale,
    )  # fmt: skip

    def look(self, verb: Verb, call: Call) -> Result:
        target, api, _ = self._api(call)
        match verb:
            case Services():
                return tell(call, (asdict(each) for each in api.services()))
            case Status():
                service = api.service(verb.service or target.service)
                live = next((each for each in api.deploys(service.id, _DEPLOYS_SEARCHED) if each.live), None)
                return tell(call, [{**asdict(service), "live": asdict(live) if live else None}])
            case Deploys():
                service = api.service(verb.service or target.service)
                return tell(call, (asdict(each) for each in api.deploys(service.id, verb.most)))
            case Logs():
                return self._logs(verb, call)
            case _:
                raise AssertionError(verb)

    def _logs(self, verb: Logs, call: Call) -> Result:
        target, api, _ = self._api(call)
        service = api.service(verb.service or target.service)
        lines = api.logs(
            service, most=verb.lines, since=verb.since, level=verb.severity, holding=verb.holding
        )
        with call.out.open("w", encoding="utf-8") as out:
            out.writelines(f"{line.at} {line.level or '-'} {line.message}\n" for line in lines)
        return Result(well=True, rows=tuple(asdict(line) for line in lines[-ROWS:]))

    def change(self, verb: Verb, call: Call) -> Mapping[str, Any]:
        target, api, _ = self._api(call)
        assert isinstance(verb, _OfService)
        service = api.service(verb.service or target.service)
        told: dict[str, Any] = {"service": service.id}
        match verb:
            case Restart():
                api.restart(service.id)
                return {**told, "restarted": True}
            case Deploy():
                deploy = api.start_deploy(service.id, commit=verb.commit, clear_cache=verb.clear_cache)
                return {**told, "deploy": deploy.id if deploy else None}
            case RollBack():
                return {**told, **_roll_back(api, service, verb)}
            case AutoDeploy():
                return {**told, "auto_deploy": api.set_auto_deploy(service.id, on=verb.on).auto_deploy}
            case Scale():
                api.scale(service.id, verb.instances)
                return {**told, "instances": verb.instances, "before": service.instances}
            case _:
                raise AssertionError(verb)

    def conclude(self, verb: Verb, call: Call, accepted: Mapping[str, Any]) -> Result:
        id_ = accepted.get("deploy")
        if not isinstance(verb, Deploy | RollBack) or not verb.wait or not isinstance(id_, str):
            return tell(call, [accepted])
        target, api, rest = self._api(call)

        def done() -> Result | None:
            deploy = api.deploy(str(accepted["service"]), id_)
            if not (deploy.live or deploy.failed):
                return None
            why = "" if deploy.live else f"the deploy ended as {deploy.status}"
            return tell(call, [{**accepted, **asdict(deploy)}], well=deploy.live, why=why)

        return waited(call, done, every_s=target.look_every.total_seconds(), left_s=rest.left_s)

    def _api(self, call: Call) -> tuple[RenderTarget, Api, Rest]:
        target = read_target(RenderTarget, call.target, "render")
        rest = Rest(
            self.outbound,
            name="Render",
            base=target.api_url,
            token=target.token,
            words=words,
            timeout_s=call.timeout_s,
            before_change=fence(call),
        )
        return target, Api(rest), rest


def _roll_back(api: Api, service: Service, verb: RollBack) -> dict[str, Any]:
    deploys = api.deploys(service.id, _DEPLOYS_SEARCHED)
    live = next((each for each in deploys if each.live), None)
    wanted = _wanted(api, service, verb.deploy, deploys, live)
    if wanted is None:
        raise CannotRun("there is no such deploy that was live", fix="Name one of render.deploys.")
    if not wanted.went_live:
        raise CannotRun(
            f"the deploy {wanted.id} is {wanted.status} and never was live", fix="Name one that was."
        )
    if live and wanted.id == live.id:
        raise CannotRun(f"the deploy {wanted.id} is live already", fix="Name an earlier one.")
    stop = verb.stop_auto_deploy and service.auto_deploy
    if stop:
        api.set_auto_deploy(service.id, on=False)
    deploy = api.roll_back(service.id, wanted.id)
    return {
        "deploy": deploy.id, "to": wanted.id, "version": wanted.version,
        "from": live.id if live else None, "auto_deploy_stopped": stop,
    }  # fmt: skip


def _wanted(
    api: Api, service: Service, named: str, deploys: list[OneDeploy], live: OneDeploy | None
) -> OneDeploy | None:
    if named == _PREVIOUS:
        return _before(deploys, live)
    if named.startswith(DEPLOY):
        return api.deploy(service.id, named)
    if len(named) < _SHORTEST_VERSION:
        return None
    return next((each for each in deploys if each.went_live and each.version.startswith(named)), None)


def _before(deploys: list[OneDeploy], live: OneDeploy | None) -> OneDeploy | None:
    """The newest that served before what is live now, and is another version; Render lists the newest first."""
    seen = live is None
    for each in deploys:
        if seen and each.went_live and (live is None or not live.version or each.version != live.version):
            return each
        seen = seen or (live is not None and each.id == live.id)
    return None
