"""What does a person want of a page, by button, reply or key? That they have it, or that somebody else is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tocsin.act.notify import Delivery, Directory
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import Conflict
from tocsin.respond.incidents.incidents import Incidents

_ACKNOWLEDGED = N_("You have {incident}: nobody else is paged.")
_ESCALATED = N_("The next step of {incident} is being paged.")
_OVER = N_("{incident} needs nobody any more.")
_ARRIVED = N_("Thank you: it arrived.")


class Wishes:
    """Carries them out; `Deliveries.on_wish` is told of it."""

    def __init__(self, incidents: Incidents, current: Callable[[], Directory]) -> None:
        self._incidents = incidents
        self._current = current

    def carry_out(self, page: Delivery, wish: Literal["acknowledged", "escalated"], person: str) -> str:
        """Does it in a transaction of its own, and returns the sentence that the person reads, in their language."""
        known = self._current().people.get(person)
        language = (known.language if known is not None else None) or self._current().language
        if page.incident is None:
            return translate(language, _ARRIVED)
        actor = f"person:{person}"
        try:
            if wish == "acknowledged":
                self._incidents.acknowledge(page.incident, actor)
                return translate(language, _ACKNOWLEDGED, incident=page.incident)
            self._incidents.escalate(page.incident, actor)
            return translate(language, _ESCALATED, incident=page.incident)
        except Conflict:
            return translate(language, _OVER, incident=page.incident)
