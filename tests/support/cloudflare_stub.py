"""Cloudflare's API, as its published pages describe it, on loopback.

Pages of developers.cloudflare.com by which this was written: /fundamentals/api/how-to/make-api-calls (bearer token, the
envelope `success`, `errors`, `result`), /api/resources/rulesets (entry point of a phase; a rule's PATCH takes the whole
definition and answers with the whole ruleset: /ruleset-engine/rulesets-api/update-rule), /api/resources/workers
(routes; deployments with `strategy`, `versions`, `annotations`, `force`), /api/resources/queues (list in pages, PATCH
with `settings.delivery_paused`, `purge` with its confirmation, `metrics`).

What these pages do not list is refused: unknown paths (7003), unknown fields, a token that is missing (9106) or wrong
(10000), ids of nobody.
"""

from __future__ import annotations

import json
from typing import Any

from provider import Provider, Refused, Reply, Request

TOKEN = "cfut_stubStubStubStub"
ACCOUNT, ZONE, WORKER = "0" * 31 + "a", "0" * 31 + "b", "shop-edge"
_RULE_FIELDS = {
    "action": str, "expression": str, "description": str, "enabled": bool, "action_parameters": dict,
    "logging": dict, "ref": str, "ratelimit": dict, "exposed_credential_check": dict, "position": dict,
}  # fmt: skip
_NEWEST, _OLDER, _OLDEST = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "321")
VERSIONS = (_NEWEST, _OLDER, _OLDEST)


class CloudflareStub(Provider):
    """One zone of one account, with two rules, a route, two queues and a Worker that was deployed three times."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = [
            _rule("1", "block bots on /auth", 'http.request.uri.path wildcard "/auth/*"'),
            _rule("2", "challenge logins", 'http.request.uri.path eq "/login"')
            | {"action": "managed_challenge"},
        ]
        self.routes = [{"id": "r" * 32, "pattern": "shop.example.com/auth/*", "script": "auth-guard"}]
        self.queues = [_queue(f"{number:032x}", f"queue-{number}") for number in range(25)]
        self.waiting = {each["queue_id"]: 0 for each in self.queues}
        self.deployments = [_deployment(number, each) for number, each in enumerate(VERSIONS)]
        self.secret_changed = False
        super().__init__()

    def answer(self, request: Request) -> Reply:
        authorization = request.headers.get("authorization", "")
        if not authorization.startswith("Bearer "):
            raise _refused(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        if authorization != f"Bearer {TOKEN}":
            raise _refused(401, 10000, "Authentication error")
        match (request.method, request.path.removeprefix("/client/v4/").split("/")):
            case (_, ["zones", zone, *rest]) if zone == ZONE:
                return self._zone(request, rest)
            case (_, ["accounts", account, "queues", *rest]) if account == ACCOUNT:
                return self._queues(request, rest)
            case (_, ["accounts", account, "workers", "scripts", script, "deployments"]) if (
                account == ACCOUNT
            ):
                if script != WORKER:
                    raise _refused(404, 10007, "This Worker does not exist on your account.")
                return self._deployments(request)
            case _:
                raise _nowhere(request)

    def _zone(self, request: Request, rest: list[str]) -> Reply:
        match (request.method, rest):
            case ("GET", ["rulesets", "phases", "http_request_firewall_custom", "entrypoint"]):
                return _fine(self._ruleset())
            case (
                "GET",
                ["rulesets", "phases", "http_ratelimit" | "http_request_firewall_managed", "entrypoint"],
            ):
                raise _refused(404, 10003, "could not find entrypoint ruleset in the phase")
            case ("PATCH", ["rulesets", ruleset, "rules", id_]):
                rule = next((each for each in self.rules if each["id"] == id_), None)
                if ruleset != self._ruleset()["id"] or rule is None:
                    raise _refused(404, 10001, "could not find rule")
                given = _fields(request, _RULE_FIELDS, required=("action", "expression"))
                kept = {
                    "id": id_,
                    "version": str(int(rule["version"]) + 1),
                    "last_updated": "2026-11-22T03:00:00Z",
                }
                rule.clear()
                rule.update({"enabled": True, **given, **kept})
                return _fine(self._ruleset())
            case ("GET", ["workers", "routes"]):
                return _fine(self.routes)
            case ("PUT", ["workers", "routes", id_]):
                route = next((each for each in self.routes if each["id"] == id_), None)
                if route is None:
                    raise _refused(404, 10009, "route not found")
                given = _fields(request, {"pattern": str, "script": str}, required=("pattern",))
                route.clear()
                route.update({"id": id_, **given})
                return _fine(route)
            case _:
                raise _nowhere(request)

    def _ruleset(self) -> dict[str, Any]:
        return {
            "id": "f" * 32, "kind": "zone", "phase": "http_request_firewall_custom", "version": "3",
            "last_updated": "2026-11-22T03:00:00Z", "rules": self.rules,
        }  # fmt: skip

    def _queues(self, request: Request, rest: list[str]) -> Reply:
        if not rest:
            if request.method != "GET":
                raise _nowhere(request)
            page = int(dict(request.query).get("page", "1"))
            shown = self.queues[(page - 1) * 20 : page * 20]
            pages = -(-len(self.queues) // 20)
            about = {"page": page, "per_page": 20, "count": len(shown), "total_pages": pages}
            return _fine(shown, result_info={**about, "total_count": len(self.queues)})
        queue = next((each for each in self.queues if each["queue_id"] == rest[0]), None)
        if queue is None:
            raise _refused(404, 11000, f"Queue {rest[0]} does not exist")
        match (request.method, rest[1:]):
            case ("GET", []):
                return _fine(queue)
            case ("GET", ["metrics"]):
                waiting = self.waiting[rest[0]]
                return _fine(
                    {
                        "backlog_count": waiting,
                        "backlog_bytes": waiting * 512,
                        "oldest_message_timestamp_ms": 1_795_252_000_000 if waiting else 0,
                    }
                )
            case ("PATCH", []):
                given = _fields(request, {"queue_name": str, "settings": dict})
                settings = given.get("settings", {})
                if settings.keys() - {"delivery_delay", "delivery_paused", "message_retention_period"}:
                    raise _refused(400, 10026, "unknown setting")
                queue["settings"] |= settings
                return _fine(queue)
            case ("POST", ["purge"]):
                if _fields(request, {"delete_messages_permanently": bool}) != {
                    "delete_messages_permanently": True
                }:
                    raise _refused(400, 10026, "deletion has to be confirmed")
                self.waiting[rest[0]] = 0
                return _fine(queue)
            case _:
                raise _nowhere(request)

    def _deployments(self, request: Request) -> Reply:
        if request.method == "GET":
            return _fine({"deployments": self.deployments})
        if request.method != "POST":
            raise _nowhere(request)
        known = {"strategy": str, "versions": list, "annotations": dict}
        given = _fields(request, known, required=("strategy", "versions"))
        percents = sum(each["percentage"] for each in given["versions"])
        if given["strategy"] != "percentage" or percents != 100 or not 1 <= len(given["versions"]) <= 2:
            raise _refused(400, 10021, "versions must add up to 100 percent")
        for each in given["versions"]:
            if each["version_id"] not in VERSIONS:
                raise _refused(404, 10133, f"Version {each['version_id']} was not found")
        if len(given.get("annotations", {}).get("workers/message", "").encode()) > 100:
            raise _refused(400, 10021, "workers/message is longer than 100 bytes")
        if self.secret_changed and dict(request.query).get("force") != "true":
            raise _refused(
                400, 10220, "A secret has changed since this version; use force to deploy it anyway"
            )
        new = _deployment(len(self.deployments), "") | given
        self.deployments.insert(0, new)
        return _fine(new)


def _rule(number: str, description: str, expression: str) -> dict[str, Any]:
    return {
        "id": number * 32, "version": "1", "action": "block", "expression": expression, "enabled": True,
        "description": description, "last_updated": "2026-11-01T00:00:00Z", "ref": number * 32,
        "action_parameters": {"response": {"status_code": 403, "content": "no", "content_type": "text/plain"}},
    }  # fmt: skip


def _queue(id_: str, name: str) -> dict[str, Any]:
    return {
        "queue_id": id_, "queue_name": name, "created_on": "2026-11-01T00:00:00Z",
        "modified_on": "2026-11-01T00:00:00Z", "producers_total_count": 1, "consumers_total_count": 1,
        "settings": {"delivery_delay": 0, "delivery_paused": False, "message_retention_period": 345_600},
    }  # fmt: skip


def _deployment(number: int, version: str) -> dict[str, Any]:
    return {
        "id": f"{number:08}-1111-4000-8000-000000000000", "source": "wrangler", "strategy": "percentage",
        "author_email": "mei@example.com", "created_on": f"2026-11-{20 - number:02}T00:00:00Z",
        "annotations": {"workers/message": f"v{version[:1]}"},
        "versions": [{"version_id": version, "percentage": 100}],
    }  # fmt: skip


def _fine(result: Any, **more: Any) -> Reply:
    return Reply.of({"success": True, "errors": [], "messages": [], "result": result, **more})


def _refused(status: int, code: int, message: str) -> Refused:
    errors = [{"code": code, "message": message}]
    return Refused(Reply.of({"success": False, "errors": errors, "messages": [], "result": None}, status))


def _nowhere(request: Request) -> Refused:
    path = request.path.removeprefix("/client/v4")
    return _refused(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")


def _fields(request: Request, known: dict[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
    try:
        given = json.loads(request.body)
    except ValueError:
        raise _refused(400, 6007, "Malformed JSON in request body") from None
    for name in required:
        if name not in given:
            raise _refused(400, 10021, f"{name} is required")
    for name, value in given.items():
        if name not in known or not isinstance(value, known[name]):
            raise _refused(400, 10021, f"unexpected field {name}")
    return given
