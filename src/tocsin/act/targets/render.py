"""How is Render spoken to? The part of its REST API that brings a service back (api-docs.render.com/reference).

targets: {web: {kind: render, token: "env:RENDER_API_KEY", service: shop-api}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field

from tocsin.act.targets.rest import Rest
from tocsin.act.targets.target import TargetFailed, TargetSettings
from tocsin.act.targets.told import rows, table, text
from tocsin.ground.catalogue.names import WebAddress
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.secret import Secret

PAGE = 100
"""Render gives at most so many entries of a list at once."""
DEPLOY = "dep-"
"""How the id of a deploy begins."""
_IDS = ("srv-", "crn-")
_FAILED = frozenset({"build_failed", "update_failed", "pre_deploy_failed", "canceled"})
_WENT_LIVE = frozenset({"live", "deactivated"})


class RenderTarget(TargetSettings):
    """A service on Render."""

    kind: Literal["render"] = "render"
    token: Secret = Field(description="An API key of an account that may see the service.")
    service: str = Field(min_length=1, description="Its id (srv-…) or its name.")
    api_url: WebAddress = Field(default="https://api.render.com/v1", description="Where the API is.")
    look_every: Duration = Field(
        default=timedelta(seconds=5), description="While a deploy is waited for: time between two looks."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service. `url` is where it answers, empty for what has no address."""

    id: str
    name: str
    kind: str
    owner: str
    suspended: bool
    auto_deploy: bool
    url: str
    region: str
    instances: int | None
    dashboard: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        details = table(told.get("serviceDetails"))
        instances = details.get("numInstances")
        return cls(
            id=text(told.get("id")),
            name=text(told.get("name")),
            kind=text(told.get("type")),
            owner=text(told.get("ownerId")),
            suspended=told.get("suspended") == "suspended",
            auto_deploy=told.get("autoDeploy") == "yes",
            url=text(details.get("url")),
            region=text(details.get("region")),
            instances=instances if isinstance(instances, int) else None,
            dashboard=text(told.get("dashboardUrl")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Deploy:
    """One deploy; `version` is its commit or the digest of its image."""

    id: str
    status: str
    version: str
    message: str
    trigger: str
    created_at: str
    finished_at: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        commit, image = table(told.get("commit")), table(told.get("image"))
        return cls(
            id=text(told.get("id")),
            status=text(told.get("status")),
            version=text(commit.get("id")) or text(image.get("sha")) or text(image.get("ref")),
            message=text(commit.get("message")).partition("\n")[0],
            trigger=text(told.get("trigger")),
            created_at=text(told.get("createdAt")),
            finished_at=text(told.get("finishedAt")),
        )

    @property
    def live(self) -> bool:
        return self.status == "live"

    @property
    def failed(self) -> bool:
        return self.status in _FAILED

    @property
    def went_live(self) -> bool:
        """Whether it serves now or did so once: only such a one can be gone back to."""
        return self.status in _WENT_LIVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a service's log."""

    at: str
    level: str
    instance: str
    message: str


class Render:
    """The API. Every method raises TargetFailed or BadTarget."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def service(self, name: str) -> Service:
        """The service of this id, or of exactly this name."""
        if name.startswith(_IDS):
            return Service.read(table(self._rest.ask("GET", "services", name)[1]))
        found = [each for each in self.services(name) if each.name == name]
        if len(found) != 1:
            many = f"there are {len(found)} services" if found else "there is no service"
            raise TargetFailed(
                f"Render: {many} of the name {name}", temporary=False, fix="Give its id, srv-…, as service."
            )
        return found[0]

    def services(self, name: str | None = None) -> list[Service]:
        """All that the key may see, at most 2,000; with a name only those of this name."""
        chosen = [("name", name)] if name else []
        return [Service.read(each) for each in self._pages("service", "services", query=chosen, most=2_000)]

    def deploys(self, service: str, most: int) -> list[Deploy]:
        """The last deploys, newest first."""
        return [
            Deploy.read(each) for each in self._pages("deploy", "services", service, "deploys", most=most)
        ]

    def deploy(self, service: str, id_: str) -> Deploy:
        return Deploy.read(table(self._rest.ask("GET", "services", service, "deploys", id_)[1]))

    def start_deploy(self, service: str, *, commit: str | None, clear_cache: bool) -> Deploy | None:
        """Builds and deploys; None where another deploy is under way and this one was put behind it (202)."""
        wanted = {"clearCache": "clear" if clear_cache else "do_not_clear"}
        if commit:
            wanted["commitId"] = commit
        _, told = self._rest.ask("POST", "services", service, "deploys", json=wanted)
        return Deploy.read(table(told)) if told else None

    def roll_back(self, service: str, deploy: str) -> Deploy:
        """A new deploy of what that one built. Automatic deploys stay as they are."""
        return Deploy.read(
            table(self._rest.ask("POST", "services", service, "rollback", json={"deployId": deploy})[1])
        )

    def restart(self, service: str) -> None:
        self._rest.ask("POST", "services", service, "restart")

    def scale(self, service: str, instances: int) -> None:
        self._rest.ask("POST", "services", service, "scale", json={"numInstances": instances})

    def set_auto_deploy(self, service: str, *, on: bool) -> Service:
        wanted = {"autoDeploy": "yes" if on else "no"}
        return Service.read(table(self._rest.ask("PATCH", "services", service, json=wanted)[1]))

    def logs(
        self, service: Service, *, most: int, since: str | None = None, level: str | None = None,
        holding: str | None = None,
    ) -> list[Line]:  # fmt: skip
        """The last lines, the oldest first. `since` in ISO 8601."""
        found: list[Line] = []
        window: list[tuple[str, str]] = [("startTime", since)] if since else []
        while True:
            query = [
                *(("ownerId", service.owner), ("resource", service.id), ("direction", "backward")),
                *(("limit", str(min(PAGE, most - len(found)))), *window),
                *([("level", level)] if level else []),
                *([("text", holding)] if holding else []),
            ]
            told = table(self._rest.ask("GET", "logs", query=query)[1])
            lines = [_line(each) for each in rows(told.get("logs"))]
            found += lines
            if len(found) >= most or told.get("hasMore") is not True or not lines:
                return sorted(found, key=lambda line: line.at)
            window = [
                ("startTime", text(told.get("nextStartTime"))),
                ("endTime", text(told.get("nextEndTime"))),
            ]

    def _pages(
        self, entry: str, *path: str, most: int, query: list[tuple[str, str]] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        cursor = ""
        given = 0
        while given < most:
            asked = [*(query or []), ("limit", str(min(PAGE, most - given)))]
            asked += [("cursor", cursor)] if cursor else []
            page = rows(self._rest.ask("GET", *path, query=asked)[1])
            for each in page:
                yield table(each.get(entry))
                given += 1
            cursor = text(page[-1].get("cursor")) if page else ""
            if not cursor or len(page) < PAGE:
                return


def words(told: Any) -> str:
    """Render's reason in an error."""
    return text(table(told).get("message"))


def _line(told: Mapping[str, Any]) -> Line:
    labels = {text(each.get("name")): text(each.get("value")) for each in rows(told.get("labels"))}
    return Line(
        at=text(told.get("timestamp")),
        level=labels.get("level", ""),
        instance=labels.get("instance", ""),
        message=text(told.get("message")),
    )
