"""What does one alert say, what became of it, and why did it page somebody, or nobody?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.holds import holds_of
from tocsin.faces.web.speech import Speech
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import mark_of_alert, mark_of_step
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import NotFound
from tocsin.sense.alerts import get
from tocsin.sense.alerts.episodes import episodes
from tocsin.sense.alerts.trace import Step, steps, tell

pages = Pages()
_EPISODES, _JUDGEMENTS = 20, 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One step of a judgement as a sentence."""

    tone: str
    shape: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What was decided at one moment, in order; `ending` is what it came to."""

    at: datetime
    episode: int
    lines: tuple[Line, ...]

    @property
    def ending(self) -> Line:
        return self.lines[-1]


@pages.get("/alerts/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        alert = get(conn, visit.parts["id"])
        if alert is None:
            raise NotFound(
                N_("There is no such alert."), fix=N_("It may have been sent to another installation.")
            )
        incident = visit.context.incidents.of_alerts(conn, [alert.id]).get(alert.id)
        marks = visit.context.incidents.marks(conn, alert.id)
        holds = holds_of(visit, conn, [alert]).get(alert.id, [])
        trace = judged_of(steps(conn, alert.id), visit.speech)
        history = episodes(conn, alert.id, _EPISODES)
    key = visit.context.accounts.key_by_id(alert.key) if alert.key else None
    return visit.page(
        "alert.html",
        alert=alert,
        mark=mark_of_alert(alert.state, alert.labels.get("severity", "")),
        incident=incident,
        marks=marks,
        holds=holds,
        trace=trace[:_JUDGEMENTS],
        history=history,
        key=key,
        service=visit.service(alert.service),
    )


def judged_of(found: Sequence[Step], speech: Speech) -> list[Judged]:
    """The steps by the judgement that took them, the newest judgement first."""
    return [
        Judged(at=at, episode=episode, lines=tuple(_line(step, speech) for step in group))
        for (at, episode), group in groupby(found, key=lambda step: (step.at, step.episode))
    ]


def _line(step: Step, speech: Speech) -> Line:
    mark = mark_of_step(step.stage, step.verdict)
    return Line(tone=mark.tone, shape=mark.shape, text=tell(step, speech.language, speech.zone))
