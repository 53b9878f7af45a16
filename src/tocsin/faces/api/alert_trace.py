"""Why was I paged, why not? What became of one alert, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request

from tocsin.faces.api.answers import Name, Page
from tocsin.faces.api.gate import Routes, context_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import NotFound
from tocsin.sense import alerts
from tocsin.sense.alerts import trace

routes = Routes("alerts")


@dataclass(frozen=True, kw_only=True, slots=True)
class StepAnswer:
    """One thing that was decided: at which stage, with which verdict, from what (`data`), and in a sentence."""

    at: datetime
    episode: int
    stage: str
    verdict: str
    data: dict[str, Any]
    text: str


@routes.get("/alerts/{alert}/trace", permission=Permission.READ, summary="Why it paged, or did not")
def get_trace(
    request: Request,
    alert: Name,
    language: Annotated[Literal["en", "zh_Hant"], Query(description="Of the sentences.")] = "en",
) -> Page[StepAnswer]:
    """The newest judgement first, the steps of each in their order. The last 50 judgements are kept."""
    context = context_of(request)
    with context.store.read() as conn:
        if alerts.get(conn, alert) is None:
            raise NotFound(f"there is no alert {alert}", fix="`tocsin alert list` shows them.")
        found = trace.steps(conn, alert)
    zone = context.catalogue().time_zone
    return Page(
        items=[
            StepAnswer(
                at=each.at,
                episode=each.episode,
                stage=each.stage,
                verdict=each.verdict,
                data=each.data,
                text=trace.tell(each, language, zone),
            )
            for each in found
        ],
        next=None,
    )
