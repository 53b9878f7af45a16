"""What stands in front at Cloudflare: health through the edge, firewall rules, Worker routes and deployments, queues.

    targets: {edge: {kind: cloudflare, token: "env:CLOUDFLARE_API_TOKEN", account: 023e105f4ecef8ad9ca31a8372d0c353,
      zone: 9a7806061c88ada191ed06f989cc3dac, script: shop-edge}}

A rule or route is switched off with a reason and for a time (`back_within`), and stands on the incident until it is on
again. Pausing a queue keeps its messages; purging it deletes them, so that is *destroy*. Cloudflare's API:
developers.cloudflare.com/api.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.requested import Requested, fence
from tocsin.act.actions.toolbox import Verb, Word, tell
from tocsin.act.targets.cloudflare import Cloudflare as Api
from tocsin.act.targets.cloudflare import CloudflareTarget, Deployment, Phase, Rule, words
from tocsin.act.targets.rest import Rest
from tocsin.act.targets.target import read_target
from tocsin.ground.catalogue.names import PlaceToConnect, WebAddress
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration, format_duration
from tocsin.ground.kernel.outbound import OutboundFailed

_PREVIOUS = "previous"
_LONGEST_OFF = timedelta(days=7)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("holds a control character")
    return value


def _not_for_ever(value: timedelta | None) -> timedelta | None:
    if value is not None and not timedelta(0) < value <= _LONGEST_OFF:
        raise ValueError("write a time up to 7d, such as 1h")
    return value


Reason = Annotated[
    str,
    Field(min_length=3, max_length=500, description="Why; it stands on the timeline."),
    AfterValidator(_printable),
]
BackWithin = Annotated[
    Duration | None,
    AfterValidator(_not_for_ever),
    Field(description="How long it may stay off. Without it: as `repair.back_within` says."),
]


class Health(Verb):
    title = N_("Health through the edge")
    level = "read"
    examples = (
        {"url": "https://shop.example.com/health"},
        {"url": "https://shop.example.com/health", "origin": "203.0.113.7"},
    )

    url: WebAddress = Field(description="As users reach it.")
    origin: PlaceToConnect | None = Field(
        default=None, description="Address of the origin, to ask it past the edge with the same name as well."
    )

    def plan(self) -> str:
        past = ", and past it at the origin" if self.origin else ""
        return f"Asks {self.url} through Cloudflare{past}."


class Rules(Verb):
    title = N_("Firewall rules")
    level = "read"
    examples = ({}, {"phase": "rate_limit"})

    phase: Phase = Field(default="custom", description="custom, managed or rate_limit.")

    def plan(self) -> str:
        return f"Lists the {self.phase} rules of the zone, and which are off."


class _OnRule(Verb):
    rule: Word = Field(description="Its id, or exactly its description.")
    phase: Phase = Field(default="custom", description="custom, managed or rate_limit.")


class RuleOff(_OnRule):
    title = N_("Switch a firewall rule off")
    level = "change"
    idempotent = True
    examples = (
        {"rule": "block bots on /auth", "reason": "it blocks people who sign in", "back_within": "2h"},
    )

    reason: Reason
    back_within: BackWithin = None

    def plan(self) -> str:
        return f"Switches the rule {self.rule} off{_at_most(self.back_within)}: {self.reason}."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "rule_on", {"rule": self.rule, **({} if self.phase == "custom" else {"phase": self.phase})}


class RuleOn(_OnRule):
    title = N_("Switch a firewall rule on")
    level = "change"
    idempotent = True
    examples = ({"rule": "block bots on /auth"},)

    def plan(self) -> str:
        return f"Switches the rule {self.rule} on."


class Routes(Verb):
    title = N_("Routes to Workers")
    level = "read"

    def plan(self) -> str:
        return "Lists which requests of the zone go to which Worker."


class RouteOff(Verb):
    title = N_("Switch a Worker's route off")
    level = "change"
    idempotent = True
    examples = (
        {
            "pattern": "shop.example.com/auth/*",
            "worker": "auth-guard",
            "reason": "it throws",
            "back_within": "30m",
        },
    )

    pattern: Word = Field(description="Exactly the pattern of the route.")
    worker: Word = Field(description="The Worker that it leads to: undo sends the requests there again.")
    reason: Reason
    back_within: BackWithin = None

    def plan(self) -> str:
        until = _at_most(self.back_within)
        return f"Sends {self.pattern} past {self.worker} to the origin{until}: {self.reason}."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "route_on", {"pattern": self.pattern, "worker": self.worker}


class RouteOn(Verb):
    title = N_("Switch a Worker's route on")
    level = "change"
    idempotent = True
    examples = ({"pattern": "shop.example.com/auth/*", "worker": "auth-guard"},)

    pattern: Word = Field(description="Exactly the pattern of the route.")
    worker: Word = Field(description="The Worker that it shall lead to.")

    def plan(self) -> str:
        return f"Sends {self.pattern} to {self.worker}."


class Queues(Verb):
    title = N_("Queues at Cloudflare")
    level = "read"

    def plan(self) -> str:
        return "Lists the queues of the account, and which are paused."


class _OnQueue(Verb):
    queue: Word = Field(description="Its name or id.")


class Queue(_OnQueue):
    title = N_("A queue at Cloudflare")
    level = "read"
    examples = ({"queue": "orders"},)

    def plan(self) -> str:
        return f"Says what waits in the queue {self.queue}."


class QueuePause(_OnQueue):
    title = N_("Pause a queue")
    level = "change"
    idempotent = True
    examples = ({"queue": "orders", "reason": "the consumer fails on every message"},)

    reason: Reason

    def plan(self) -> str:
        return f"Hands no message of {self.queue} to consumers until it is resumed; new ones are kept: {self.reason}."

    def undo(self) -> tuple[str, Mapping[str, Any]] | None:
        return "queue_resume", {"queue": self.queue}


class QueueResume(_OnQueue):
    title = N_("Resume a queue")
    level = "change"
    idempotent = True
    examples = ({"queue": "orders"},)

    def plan(self) -> str:
        return f"Hands the messages of {self.queue} to consumers again."


class QueuePurge(_OnQueue):
    title = N_("Purge a queue")
    level = "destroy"
    examples = ({"queue": "orders-dead", "reason": "all of them are of the load test"},)

    reason: Reason

    def plan(self) -> str:
        return f"DELETES every message in {self.queue} for good: {self.reason}."


class _OfWorker(Verb):
    worker: Word | None = Field(default=None, description="A Worker. Without it: that of the target.")

    @property
    def whom(self) -> str:
        return self.worker or "the Worker"


class Deployments(_OfWorker):
    title = N_("Deployments of a Worker")
    level = "read"
    examples = ({}, {"worker": "shop-edge"})

    def plan(self) -> str:
        return f"Lists the deployments of {self.whom}, the one that serves first."


class RollBack(_OfWorker):
    title = N_("Roll a Worker back")
    level = "change"
    examples = (
        {"reason": "v2 throws on every request"},
        {"version": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e", "reason": "the last good one"},
    )

    version: Word = Field(
        default=_PREVIOUS, description="A version's id; previous: the one that served before this."
    )
    reason: Reason
    force: bool = Field(default=False, description="Also where a secret has changed since that version.")

    def plan(self) -> str:
        which = "the version before" if self.version == _PREVIOUS else self.version
        return f"Gives all traffic of {self.whom} to {which}: {self.reason}."


class Cloudflare(Requested):
    title = "Cloudflare"
    verbs: ClassVar[tuple[type[Verb], ...]] = (
        Health, Rules, RuleOff, RuleOn, Routes, RouteOff, RouteOn, Queues, Queue, QueuePause, QueueResume,
        QueuePurge, Deployments, RollBack,
    )  # fmt: skip

    def look(self, verb: Verb, call: Call) -> Result:
        if isinstance(verb, Health):
            return self._health(verb, call)
        target, api = self._api(call)
        match verb:
            case Rules():
                return tell(call, (_rule_row(each) for each in api.rules(verb.phase)))
            case Routes():
                return tell(call, (asdict(each) for each in api.routes()))
            case Queues():
                return tell(call, (asdict(each) for each in api.queues()))
            case Queue():
                return tell(call, [asdict(api.queue(verb.queue))])
            case Deployments():
                return tell(call, (asdict(each) for each in api.deployments(_worker(verb, target))))
            case _:
                raise AssertionError(verb)

    def change(self, verb: Verb, call: Call) -> Mapping[str, Any]:
        target, api = self._api(call)
        match verb:
            case RuleOff():
                rule = api.switch_rule(api.rule(verb.phase, verb.rule), on=False)
                return {**_rule_row(rule), **_off(verb.reason, verb.back_within)}
            case RuleOn():
                return _rule_row(api.switch_rule(api.rule(verb.phase, verb.rule), on=True))
            case RouteOff():
                route = api.route(verb.pattern)
                if route.worker not in ("", verb.worker):
                    raise CannotRun(f"{verb.pattern} leads to {route.worker}, not to {verb.worker}")
                told = asdict(api.point_route(route, None))
                return {**told, "was": verb.worker, **_off(verb.reason, verb.back_within)}
            case RouteOn():
                return asdict(api.point_route(api.route(verb.pattern), verb.worker))
            case QueuePause():
                queue = api.queue(verb.queue)
                after = api.pause_queue(queue, paused=True)
                return {**asdict(queue), "paused": after.paused, "reason": verb.reason}
            case QueueResume():
                queue = api.queue(verb.queue)
                return {**asdict(queue), "paused": api.pause_queue(queue, paused=False).paused}
            case QueuePurge():
                queue = api.queue(verb.queue)
                api.purge_queue(queue)
                return {"queue": queue.name, "deleted": queue.waiting, "reason": verb.reason}
            case RollBack():
                return _roll_back(api, _worker(verb, target), verb)
            case _:
                raise AssertionError(verb)

    def _health(self, verb: Health, call: Call) -> Result:
        """Well when the answer came through Cloudflare and is not an error."""
        told = str(call.arguments.get("url", "")) + str(call.arguments.get("origin", ""))
        trusted = not any(f"${{{name}}}" in told for name in call.hostile - set(call.environment))
        ways = [("edge", None), *([("origin", verb.origin)] if verb.origin else [])]
        seen = [self._look(way, verb.url, place, call.timeout_s / len(ways), trusted) for way, place in ways]
        edge = seen[0]
        why = "" if edge["ok"] else f"through the edge: {edge['status'] or edge['error']}"
        if edge["ok"] and not edge["ray"]:
            why = "the answer did not come through Cloudflare: it has no cf-ray"
        if why and len(seen) == 2:
            why += "; at the origin: " + (
                f"status {seen[1]['status']}" if seen[1]["status"] else seen[1]["error"]
            )
        return replace(tell(call, seen, well=not why, why=why), status=edge["status"], ms=edge["ms"])

    def _look(self, way: str, url: str, place: str | None, timeout_s: float, trusted: bool) -> dict[str, Any]:
        blank = {"way": way, "ok": False, "status": None, "ray": "", "place": "", "cache": "", "ms": 0.0}
        try:
            got = self.outbound.request("GET", url, timeout=timeout_s, trusted=trusted, connect_to=place)
        except OutboundFailed as error:
            return {**blank, "error": error.message}
        ray = got.headers.get("cf-ray", "")
        return {
            **blank, "ok": got.status < 400, "status": got.status, "ms": got.ms, "error": "",
            "ray": ray, "place": ray.rpartition("-")[2], "cache": got.headers.get("cf-cache-status", ""),
        }  # fmt: skip

    def _api(self, call: Call) -> tuple[CloudflareTarget, Api]:
        target = read_target(CloudflareTarget, call.target, "cloudflare")
        rest = Rest(
            self.outbound,
            name="Cloudflare",
            base=target.api_url,
            token=target.token,
            words=words,
            timeout_s=call.timeout_s,
            before_change=fence(call),
        )
        return target, Api(rest, target)


def _worker(verb: _OfWorker, target: CloudflareTarget) -> str:
    found = verb.worker or target.script
    if not found:
        raise CannotRun(
            "no Worker is named", field="worker", fix="Give worker here, or script in the target."
        )
    return found


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id, "description": rule.description, "action": rule.action, "expression": rule.expression,
        "enabled": rule.enabled, "changed_at": rule.changed_at,
    }  # fmt: skip


def _off(reason: str, back_within: timedelta | None) -> dict[str, Any]:
    return {"reason": reason, "back_within_s": back_within.total_seconds() if back_within else None}


def _at_most(back_within: timedelta | None) -> str:
    return f" for at most {format_duration(back_within)}" if back_within else ""


def _roll_back(api: Api, worker: str, verb: RollBack) -> dict[str, Any]:
    deployments = api.deployments(worker)
    serving = deployments[0] if deployments else None
    version = _before(deployments) if verb.version == _PREVIOUS else verb.version
    if version is None:
        raise CannotRun("there is no earlier version in the deployments", fix="Name one as version.")
    if serving and serving.versions == ((version, 100.0),):
        raise CannotRun(f"the version {version} serves already", fix="Name an earlier one.")
    done = api.deploy(worker, version, verb.reason, force=verb.force)
    return {
        "worker": worker, "deployment": done.id, "version": version, "reason": verb.reason,
        "from": [each for each, _ in serving.versions] if serving else [],
    }  # fmt: skip


def _before(deployments: list[Deployment]) -> str | None:
    """The newest version that had all traffic and serves no longer."""
    if not deployments:
        return None
    serving = {version for version, _ in deployments[0].versions}
    for each in deployments[1:]:
        match each.versions:
            case ((version, percent),) if percent >= 100 and version not in serving:
                return version
            case _:
                continue
    return None
