"""Render, as its published REST API describes it, on loopback.

Pages by which this was written: api-docs.render.com/reference/authentication (bearer key, 401), /pagination (`limit` up
to 100, `cursor` of each entry), /rate-limiting (429), /list-services, /retrieve-service, /update-service,
/restart-service, /scale-service, /list-deploys, /retrieve-deploy, /create-deploy (201, or 202 behind another one),
/rollback-deploy (201; automatic deploys stay on), /list-logs (`ownerId` and `resource` are required; `hasMore` with the
window of the next page). Errors are `{"id", "message"}`.

What these pages do not list is refused: unknown paths and methods, unknown fields, ids of nobody. A deploy gets one
step further each time somebody looks at it.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from provider import Provider, Refused, Reply, Request

KEY = "rnd_stubStubStub"
OWNER, SERVICE, OTHER = "tea-stub00", "srv-stub01", "srv-stub02"
_ON_THE_WAY = ("created", "build_in_progress", "update_in_progress")


class RenderStub(Provider):
    """One workspace with two services. `fails`: the next deploy ends as `update_failed`."""

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {
            SERVICE: _service(SERVICE, "shop-api", "web_service"),
            OTHER: _service(OTHER, "shop-worker", "background_worker"),
        }
        self.deploys: dict[str, list[dict[str, Any]]] = {SERVICE: [], OTHER: []}
        for number, (status, commit) in enumerate(
            [
                ("deactivated", "aaa1111"),
                ("deactivated", "bbb2222"),
                ("build_failed", "ccc3333"),
                ("live", "ddd4444"),
            ]
        ):
            self.deploys[SERVICE].insert(0, _deploy(f"dep-{number}", status, commit, "new_commit"))
        self.lines: list[dict[str, Any]] = []
        self.restarts: list[str] = []
        self.fails = False
        self._new = itertools.count(100)
        super().__init__()

    def say(self, message: str, level: str = "info") -> None:
        """One more line in the log of the service, a second later than the one before."""
        number = len(self.lines)
        self.lines.append(
            {
                "id": f"log-{number}",
                "message": message,
                "timestamp": f"2026-11-22T03:{number // 60:02}:{number % 60:02}Z",
                "labels": [{"name": "level", "value": level}, {"name": "instance", "value": "srv-stub01-x1"}],
            }
        )

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise _refused(401, "unauthorized", "Authorization information is missing or invalid.")
        if "json" not in request.headers.get("accept", ""):
            raise _refused(406, "not_acceptable", "Unable to generate preferred media types.")
        match (request.method, request.path.removeprefix("/v1").strip("/").split("/")):
            case ("GET", ["services"]):
                return self._page(request, "service", list(self.services.values()), filters=("name",))
            case ("GET", ["services", id_]):
                return Reply.of(self._service(id_))
            case ("PATCH", ["services", id_]):
                given = _fields(request, optional={"autoDeploy": str, "name": str, "branch": str})
                if given.get("autoDeploy", "no") not in ("yes", "no"):
                    raise _refused(400, "bad_request", "autoDeploy must be yes or no")
                self._service(id_).update(given)
                return Reply.of(self._service(id_))
            case ("POST", ["services", id_, "restart"]):
                self.restarts.append(self._service(id_)["id"])
                return Reply(status=200)
            case ("POST", ["services", id_, "scale"]):
                wanted = _fields(request, required={"numInstances": int})["numInstances"]
                if wanted < 1:
                    raise _refused(400, "bad_request", "numInstances must be at least 1")
                self._service(id_)["serviceDetails"]["numInstances"] = wanted
                return Reply(status=202)
            case ("GET", ["services", id_, "deploys"]):
                self._service(id_)
                return self._page(request, "deploy", self.deploys[id_])
            case ("GET", ["services", id_, "deploys", deploy]):
                return Reply.of(self._go_on(id_, deploy))
            case ("POST", ["services", id_, "deploys"]):
                given = _fields(request, optional={"commitId": str, "clearCache": str, "imageUrl": str})
                if given.get("clearCache", "clear") not in ("clear", "do_not_clear"):
                    raise _refused(400, "bad_request", "clearCache must be clear or do_not_clear")
                return self._begin(id_, given.get("commitId", "eee555"), "api")
            case ("POST", ["services", id_, "rollback"]):
                wanted = _fields(request, required={"deployId": str})["deployId"]
                return self._begin(id_, self._deploy(id_, wanted)["commit"]["id"], "rollback")
            case ("GET", ["logs"]):
                return self._logs(request)
            case _:
                raise _refused(404, "not_found", "Unable to find the requested resource.")

    def _service(self, id_: str) -> dict[str, Any]:
        if id_ not in self.services:
            raise _refused(404, "not_found", f"not found: {id_}")
        return self.services[id_]

    def _deploy(self, service: str, id_: str) -> dict[str, Any]:
        self._service(service)
        for each in self.deploys[service]:
            if each["id"] == id_:
                return each
        raise _refused(404, "not_found", f"not found: {id_}")

    def _begin(self, service: str, commit: str, trigger: str) -> Reply:
        self._service(service)
        if any(each["status"] in _ON_THE_WAY for each in self.deploys[service]):
            return Reply(status=202)
        deploy = _deploy(f"dep-{next(self._new)}", "created", commit, trigger)
        self.deploys[service].insert(0, deploy)
        return Reply.of(deploy, 201)

    def _go_on(self, service: str, id_: str) -> dict[str, Any]:
        deploy = self._deploy(service, id_)
        if deploy["status"] not in _ON_THE_WAY:
            return deploy
        following = (*_ON_THE_WAY, "update_failed" if self.fails else "live")
        deploy["status"] = following[following.index(deploy["status"]) + 1]
        if deploy["status"] == "live":
            for each in self.deploys[service]:
                if each is not deploy and each["status"] == "live":
                    each["status"] = "deactivated"
        return deploy

    def _page(
        self, request: Request, entry: str, found: list[dict[str, Any]], filters: tuple[str, ...] = ()
    ) -> Reply:
        asked = _query(request, {"limit", "cursor", *filters})
        limit = _limit(asked, 20)
        chosen = [
            each for each in found if all(each[name] in asked[name] for name in filters if name in asked)
        ]
        start = int(asked["cursor"][0]) if "cursor" in asked else 0
        page = chosen[start : start + limit]
        return Reply.of([{entry: each, "cursor": str(start + n + 1)} for n, each in enumerate(page)])

    def _logs(self, request: Request) -> Reply:
        known = {"ownerId", "resource", "startTime", "endTime", "direction", "limit", "level", "text"}
        asked = _query(request, known)
        for name in ("ownerId", "resource"):
            if name not in asked:
                raise _refused(400, "bad_request", f"{name} is required")
        if asked["ownerId"] != [OWNER]:
            raise _refused(404, "not_found", "no such owner")
        if asked.get("direction", ["backward"])[0] not in ("forward", "backward"):
            raise _refused(400, "bad_request", "direction must be forward or backward")
        start, end = asked.get("startTime", [""])[0], asked.get("endTime", ["9999"])[0]
        found = [
            each
            for each in reversed(self.lines)
            if start <= each["timestamp"] <= end
            and ("level" not in asked or each["labels"][0]["value"] in asked["level"])
            and ("text" not in asked or any(text in each["message"] for text in asked["text"]))
        ]
        limit = _limit(asked, 20)
        page = found[:limit]
        more = len(found) > limit
        # The next window ends at the first line that this page no longer held.
        return Reply.of(
            {
                "hasMore": more,
                "nextStartTime": start or "2026-11-22T00:00:00Z",
                "nextEndTime": found[limit]["timestamp"] if more else "2026-11-22T00:00:00Z",
                "logs": page,
            }
        )


def _service(id_: str, name: str, kind: str) -> dict[str, Any]:
    web = {"url": f"https://{name}.onrender.com"} if kind == "web_service" else {}
    return {
        "id": id_, "name": name, "ownerId": OWNER, "type": kind, "suspended": "not_suspended",
        "autoDeploy": "yes", "branch": "main", "dashboardUrl": f"https://dashboard.render.com/{id_}",
        "serviceDetails": {**web, "region": "frankfurt", "numInstances": 2, "plan": "standard"},
    }  # fmt: skip


def _deploy(id_: str, status: str, commit: str, trigger: str) -> dict[str, Any]:
    return {
        "id": id_, "status": status, "trigger": trigger, "createdAt": "2026-11-22T02:00:00Z",
        "commit": {"id": commit, "message": f"Change {commit}\n\nLonger.", "createdAt": "2026-11-22T01:00:00Z"},
    }  # fmt: skip


def _refused(status: int, id_: str, message: str) -> Refused:
    return Refused(Reply.of({"id": id_, "message": message}, status))


def _fields(
    request: Request, required: dict[str, type] | None = None, optional: dict[str, type] | None = None
) -> dict[str, Any]:
    """The body, with every field that is required and none that is unknown or of another type."""
    known = {**(required or {}), **(optional or {})}
    try:
        given = json.loads(request.body)
    except ValueError:
        raise _refused(400, "bad_request", "invalid JSON") from None
    if "json" not in request.headers.get("content-type", ""):
        raise _refused(415, "unsupported", "Content-Type must be application/json")
    for name in required or {}:
        if name not in given:
            raise _refused(400, "bad_request", f"{name} is required")
    for name, value in given.items():
        if name not in known or type(value) is not known[name]:
            raise _refused(400, "bad_request", f"invalid field {name}")
    return given


def _query(request: Request, known: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query:
        if name not in known:
            raise _refused(400, "bad_request", f"unknown parameter {name}")
        found.setdefault(name, []).append(value)
    return found


def _limit(asked: dict[str, list[str]], default: int) -> int:
    limit = int(asked.get("limit", [str(default)])[0])
    if not 1 <= limit <= 100:
        raise _refused(400, "bad_request", "limit must be between 1 and 100")
    return limit
