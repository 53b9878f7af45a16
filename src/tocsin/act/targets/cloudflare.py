"""How is Cloudflare spoken to? The part of its API that brings a service back (developers.cloudflare.com/api).

    targets: {edge: {kind: cloudflare, token: "env:CLOUDFLARE_API_TOKEN", account: 023e105f4ecef8ad9ca31a8372d0c353,
      zone: 9a7806061c88ada191ed06f989cc3dac, script: shop-edge}}

Answers are `{"success", "errors": [{"code", "message"}], "result"}`. Rules are those of a zone's entry point ruleset;
an update of one has to hold every field that shall stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar

from pydantic import Field

from tocsin.act.targets.rest import Rest
from tocsin.act.targets.target import BadTarget, TargetFailed, TargetSettings
from tocsin.act.targets.told import rows, table, text
from tocsin.ground.catalogue.names import WebAddress
from tocsin.ground.kernel.secret import Secret

Phase = Literal["custom", "managed", "rate_limit"]
_PHASES: Mapping[Phase, str] = {
    "custom": "http_request_firewall_custom",
    "managed": "http_request_firewall_managed",
    "rate_limit": "http_ratelimit",
}
_SERVER_SIDE = frozenset({"id", "version", "last_updated", "position", "categories"})
_QUEUES_AT_MOST = 1_000
_MESSAGE_BYTES = 100
T = TypeVar("T")


class CloudflareTarget(TargetSettings):
    """A zone, and what stands in its account."""

    kind: Literal["cloudflare"] = "cloudflare"
    token: Secret = Field(description="An API token with the permissions of what shall be done.")
    account: str | None = Field(default=None, min_length=1, description="Account id, for queues and Workers.")
    zone: str | None = Field(default=None, min_length=1, description="Zone id, for rules and routes.")
    script: str | None = Field(
        default=None, min_length=1, description="The Worker (its script) that verbs mean by default."
    )
    url: WebAddress | None = Field(
        default=None, description="As users reach it: a diagnosis asks it through the edge."
    )
    queue: str | None = Field(
        default=None, min_length=1, description="The queue that a diagnosis looks into."
    )
    api_url: WebAddress = Field(
        default="https://api.cloudflare.com/client/v4", description="Where the API is."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule of a ruleset; `whole` is all that Cloudflare says of it."""

    id: str
    ruleset: str
    description: str
    action: str
    expression: str
    enabled: bool
    changed_at: str
    whole: Mapping[str, Any]

    @classmethod
    def read(cls, ruleset: str, told: Mapping[str, Any]) -> Self:
        return cls(
            id=text(told.get("id")),
            ruleset=ruleset,
            description=text(told.get("description")),
            action=text(told.get("action")),
            expression=text(told.get("expression")),
            enabled=told.get("enabled") is not False,
            changed_at=text(told.get("last_updated")),
            whole=told,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Which requests go to which Worker; to none where `worker` is empty."""

    id: str
    pattern: str
    worker: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            id=text(told.get("id")), pattern=text(told.get("pattern")), worker=text(told.get("script"))
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue and what waits in it. Counts are Cloudflare's estimate, None where it gives none."""

    id: str
    name: str
    paused: bool
    producers: int
    consumers: int
    waiting: int | None = None
    waiting_bytes: int | None = None
    oldest_ms: int | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            id=text(told.get("queue_id")),
            name=text(told.get("queue_name")),
            paused=table(told.get("settings")).get("delivery_paused") is True,
            producers=_count(told.get("producers_total_count")) or 0,
            consumers=_count(told.get("consumers_total_count")) or 0,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Which versions of a Worker serve. `versions` are pairs of version id and percent of the traffic."""

    id: str
    created_at: str
    author: str
    source: str
    message: str
    versions: tuple[tuple[str, float], ...]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            id=text(told.get("id")),
            created_at=text(told.get("created_on")),
            author=text(told.get("author_email")),
            source=text(told.get("source")),
            message=text(table(told.get("annotations")).get("workers/message")),
            versions=tuple(
                (text(each.get("version_id")), float(each.get("percentage") or 0))
                for each in rows(told.get("versions"))
            ),
        )


class Cloudflare:
    """The API. Every method raises TargetFailed or BadTarget."""

    def __init__(self, rest: Rest, target: CloudflareTarget) -> None:
        self._rest = rest
        self._target = target

    # Rules of the web application firewall

    def rules(self, phase: Phase) -> list[Rule]:
        """The rules of a phase, in their order; none where the zone has no ruleset for it."""
        try:
            told = self._ask("GET", *self._zone(), "rulesets", "phases", _PHASES[phase], "entrypoint")
        except TargetFailed as error:
            if error.answered == 404:
                return []
            raise
        ruleset = table(told)
        return [Rule.read(text(ruleset.get("id")), each) for each in rows(ruleset.get("rules"))]

    def rule(self, phase: Phase, wanted: str) -> Rule:
        """The rule of this id, or of exactly this description."""
        found = [each for each in self.rules(phase) if wanted in (each.id, each.description)]
        return _only(found, "rule", wanted)

    def switch_rule(self, rule: Rule, *, on: bool) -> Rule:
        whole = {name: value for name, value in rule.whole.items() if name not in _SERVER_SIDE}
        path = (*self._zone(), "rulesets", rule.ruleset, "rules", rule.id)
        told = table(self._ask("PATCH", *path, json={**whole, "enabled": on}))
        found = [each for each in rows(told.get("rules")) if each.get("id") == rule.id]
        return Rule.read(rule.ruleset, found[0] if found else {**rule.whole, "enabled": on})

    # Routes of Workers

    def routes(self) -> list[Route]:
        return [Route.read(each) for each in rows(self._ask("GET", *self._zone(), "workers", "routes"))]

    def route(self, pattern: str) -> Route:
        """The route with exactly this pattern."""
        return _only([each for each in self.routes() if each.pattern == pattern], "route", pattern)

    def point_route(self, route: Route, worker: str | None) -> Route:
        """Sends what the route matches to this Worker, or past all of them to the origin."""
        wanted = {"pattern": route.pattern, **({"script": worker} if worker else {})}
        return Route.read(table(self._ask("PUT", *self._zone(), "workers", "routes", route.id, json=wanted)))

    # Queues

    def queues(self) -> list[Queue]:
        found: list[Queue] = []
        page = 1
        while len(found) < _QUEUES_AT_MOST:
            _, told = self._rest.ask("GET", *self._account(), "queues", query=[("page", str(page))])
            found += [Queue.read(each) for each in rows(table(told).get("result"))]
            total = table(table(told).get("result_info")).get("total_pages")
            if not isinstance(total, int) or page >= total:
                break
            page += 1
        return found

    def queue(self, name: str) -> Queue:
        """The queue of this name or id, with what waits in it."""
        found = _only([each for each in self.queues() if name in (each.name, each.id)], "queue", name)
        told = table(self._ask("GET", *self._account(), "queues", found.id, "metrics"))
        return Queue(
            id=found.id,
            name=found.name,
            paused=found.paused,
            producers=found.producers,
            consumers=found.consumers,
            waiting=_count(told.get("backlog_count")),
            waiting_bytes=_count(told.get("backlog_bytes")),
            oldest_ms=_count(told.get("oldest_message_timestamp_ms")),
        )

    def pause_queue(self, queue: Queue, *, paused: bool) -> Queue:
        """Stops or begins again to hand messages to consumers; new ones are taken in all the while."""
        wanted = {"queue_name": queue.name, "settings": {"delivery_paused": paused}}
        return Queue.read(table(self._ask("PATCH", *self._account(), "queues", queue.id, json=wanted)))

    def purge_queue(self, queue: Queue) -> None:
        """Deletes every message in it."""
        self._ask(
            "POST", *self._account(), "queues", queue.id, "purge", json={"delete_messages_permanently": True}
        )

    # Deployments of Workers

    def deployments(self, worker: str) -> list[Deployment]:
        """The first one serves now."""
        told = table(self._ask("GET", *self._account(), "workers", "scripts", worker, "deployments"))
        return [Deployment.read(each) for each in rows(told.get("deployments"))]

    def deploy(self, worker: str, version: str, message: str, *, force: bool) -> Deployment:
        """Gives all traffic to one version. `force`: also where a secret has changed since then."""
        path = (*self._account(), "workers", "scripts", worker, "deployments")
        cut = message.encode()[:_MESSAGE_BYTES].decode(errors="ignore")
        wanted = {
            "strategy": "percentage",
            "versions": [{"version_id": version, "percentage": 100}],
            "annotations": {"workers/message": cut},
        }
        query = [("force", "true")] if force else []
        return Deployment.read(table(self._ask("POST", *path, query=query, json=wanted)))

    def _ask(
        self, method: str, *path: str, query: list[tuple[str, str]] | None = None, json: Any = None
    ) -> Any:
        _, told = self._rest.ask(method, *path, query=query or [], json=json)
        answer = table(told)
        if answer.get("success") is False:
            raise TargetFailed(f"Cloudflare refused: {words(told)}", temporary=False)
        return answer.get("result")

    def _zone(self) -> tuple[str, str]:
        if not self._target.zone:
            raise BadTarget("the target has no zone", field="zone", fix="Give the target the id of the zone.")
        return "zones", self._target.zone

    def _account(self) -> tuple[str, str]:
        if not self._target.account:
            raise BadTarget(
                "the target has no account", field="account", fix="Give the target the id of the account."
            )
        return "accounts", self._target.account


def words(told: Any) -> str:
    """Cloudflare's reasons in an error, each with its code."""
    return "; ".join(
        f"{text(each.get('message'))} (code {each.get('code')})" for each in rows(table(told).get("errors"))
    )


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _only(found: list[T], what: str, wanted: str) -> T:
    if len(found) == 1:
        return found[0]
    many = f"there are {len(found)} of the {what}" if found else f"there is no {what}"
    raise TargetFailed(f"Cloudflare: {many} {wanted}", temporary=False, fix="Name it by its id.")
