"""Who was paged for an incident, by what, and did it arrive? Every message with its attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery, attempts, of_incident
from tocsin.act.notify.attempts import Attempt
from tocsin.faces.web import words
from tocsin.faces.web.speech import Speech
from tocsin.faces.web.words import Mark
from tocsin.ground import timeline
from tocsin.ground.i18n import N_

_MOST = 60
_HELD = Mark(shape="◔", tone="warn", text=N_("held back"))
_OUTCOMES = {
    "accepted": Mark(shape="✓", tone="ok", text=N_("taken")),
    "temporary": Mark(shape="◆", tone="warn", text=N_("failed, tried again")),
    "permanent": Mark(shape="✕", tone="crit", text=N_("refused for good")),
    "unknown": Mark(shape="◔", tone="plain", text=N_("not known: the process died")),
    None: Mark(shape="◐", tone="info", text=N_("under way")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TryView:
    """One attempt. `took` is how long the receiver kept it, None where it has not ended."""

    attempt: Attempt
    mark: Mark
    took: timedelta | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PagedView:
    """One message: to whom, how far it came, how it got there."""

    page: Delivery
    who: str
    mark: Mark
    why: str
    """Why it was cancelled, in words of ours; what a receiver answered stays in its own."""
    tries: list[TryView]

    @property
    def is_eventful(self) -> bool:
        """Whether there is more to tell than that it was sent at once."""
        return len(self.tries) > 1 or any(each.attempt.outcome != attempts.ACCEPTED for each in self.tries)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paged:
    """The messages about an incident, the newest first, and how many more there are."""

    views: list[PagedView]
    more: int


def paged(conn: Connection, incident: str, speech: Speech) -> Paged:
    """Every message to a person or a room about the incident; steps that are not due yet are none."""
    found = [each for each in of_incident(conn, incident) if each.channel is not None]
    found.reverse()
    shown = found[:_MOST]
    tried = attempts.of_deliveries(conn, [each.id for each in shown])
    views = [
        PagedView(
            page=each,
            who=_who(each, speech),
            mark=_HELD
            if each.held_at is not None and each.state == "waiting"
            else words.known(words.DELIVERY, each.state),
            why=timeline.told(each.error or "", speech.language) if each.state == "cancelled" else "",
            tries=[
                TryView(
                    attempt=attempt,
                    mark=_OUTCOMES.get(attempt.outcome, _OUTCOMES[None]),
                    took=attempt.ended_at - attempt.started_at if attempt.ended_at else None,
                )
                for attempt in tried.get(each.id, [])
            ],
        )
        for each in shown
    ]
    return Paged(views=views, more=len(found) - len(shown))


def _who(page: Delivery, speech: Speech) -> str:
    person = page.person or ""
    return f"#{page.channel}" if person.startswith("channel:") else speech.person(person)
