"""What is being looked after? The services as configured, without anything secret."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from tocsin.faces.api.answers import Page
from tocsin.faces.api.gate import Routes, context_of
from tocsin.ground.accounts import Permission

routes = Routes("services")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceAnswer:
    """A service. `soak_seconds` is how long it is watched after a repair."""

    name: str
    title: str
    team: str | None
    tier: str
    policy: str | None
    escalation: str | None
    endpoints: dict[str, str]
    monitored: bool
    automatic: str
    soak_seconds: float
    runbooks: list[str]


@routes.get("/services", permission=Permission.READ, summary="The services of the configuration")
def list_services(request: Request) -> Page[ServiceAnswer]:
    services = context_of(request).catalogue().services
    return Page(
        items=[
            ServiceAnswer(
                name=name,
                title=service.title or name,
                team=service.team,
                tier=service.tier,
                policy=service.policy,
                escalation=service.escalation,
                endpoints={key: endpoint.url for key, endpoint in service.endpoints.items()},
                monitored=service.monitor is not None,
                automatic=service.automatic,
                soak_seconds=service.soak.total_seconds(),
                runbooks=list(service.runbooks),
            )
            for name, service in services.items()
        ],
        next=None,
    )
