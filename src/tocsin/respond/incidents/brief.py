"""What would somebody who comes in now have to know? The story of an incident as a few short answers.

A hand-over and an update to people outside begin with the same answers: what is broken, since when, who feels it, what
has been done, what comes next. What the timeline does not tell stays empty; whoever words it says that it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.i18n import N_, clock, exact, translate
from tocsin.respond.incidents import store
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.store import IncidentClock
from tocsin.respond.incidents.telling import Voice
from tocsin.respond.incidents.titles import ROLE_TITLES

_TOLD = (
    *("incident.acknowledged", "severity.changed", "note.added", "run.started", "run.rung.finished"),
    *("run.step.answered", "incident.mitigated", "soak.failed", "incident.reopened", "incident.resolved"),
)
_DONE = ("run.rung.finished", "run.finished", "incident.mitigated", "incident.resolved")
_READ = 2_000
_EVERYBODY = N_("all users")
_CORE = N_("a core function")
_USERS = N_("{n} users")
_SHARE = N_("{share} of the users")
_FAILING = N_("{share} of the requests fail")
_LITTLE_LEFT = N_("available for {share} of the requests")

STATES = {
    "triggered": N_("nobody works on it yet"),
    "acknowledged": N_("it is being worked on"),
    "mitigated": N_("the service is back and is being watched"),
    "resolved": N_("it is over"),
    "closed": N_("it is over, and the report has been read"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """Texts in `language`, moments in `zone`. `told` are the newest lines of the story, `done` what was tried.

    `clocks` are those that still run. `affected` and `done` are empty where the timeline does not say.
    """

    language: str
    zone: str
    incident: Incident
    service: str
    affected: tuple[str, ...]
    told: tuple[str, ...]
    done: tuple[str, ...]
    clocks: tuple[IncidentClock, ...]
    roles: Mapping[str, str]

    def say(self, text: str, /, **values: object) -> str:
        """A text of ours in the brief's language."""
        return translate(self.language, text, **values)

    def moment(self, at: datetime) -> str:
        return exact(self.language, at, self.zone)


def brief(conn: Connection, catalogue: CatalogueSection, id_: str, language: str, *, lines: int = 6) -> Brief:
    """The brief of an incident, with the newest `lines` of its story. Raises NotFound."""
    incident = store.get(conn, id_)
    events = timeline.of_incident(conn, incident.id, kinds=(*_TOLD, "run.finished"), limit=_READ)
    zone = catalogue.time_zone
    told = teller(catalogue, language)
    held = store.roles_of(conn, incident.id)
    return Brief(
        language=language,
        zone=zone,
        incident=incident,
        service=timeline.told(catalogue.service(incident.service).title, language) or incident.service,
        affected=_affected(incident, language),
        told=tuple(
            f"{clock(each.at, zone)} {told(each)}" for each in events[-lines:] if each.kind != "run.finished"
        ),
        done=tuple(dict.fromkeys(told(each) for each in events if each.kind in _DONE)),
        clocks=tuple(each for each in store.clocks_of(conn, incident.id) if each.met_at is None),
        roles={
            role: catalogue.people[held[role]].name if held[role] in catalogue.people else held[role]
            for role in ROLE_TITLES
            if role in held
        },
    )


def teller(catalogue: CatalogueSection, language: str) -> Callable[[timeline.Event], str]:
    """Tells an event as a sentence, people and roles by the names that others call them."""
    zone = catalogue.time_zone

    def name(person: str) -> str:
        known = catalogue.people.get(person)
        return known.name if known else person

    voice = Voice(
        person=lambda person: name(person.rpartition(":")[2]),
        text=lambda text: translate(language, text),
        moment=lambda at: clock(at, zone),
    )

    def told(event: timeline.Event) -> str:
        kind, _, who = event.actor.partition(":")
        actor = f"person:{name(who)}" if kind == "person" else event.actor
        said = replace(event, data=voice.values(event.data), actor=actor)
        return timeline.sentence(said, language, zone)

    return told


def _affected(incident: Incident, language: str) -> tuple[str, ...]:
    """Whom the values say that feel it, by which the severity was decided."""
    measured: Any = incident.rule.get("values")
    values = cast("dict[str, Any]", measured) if isinstance(measured, dict) else dict[str, Any]()
    told: list[str] = []
    for name, text in (("q.all_users", _EVERYBODY), ("q.core", _CORE)):
        if values.get(name) is True:
            told.append(translate(language, text))
    users = values.get("m.users")
    if isinstance(users, int | float) and users >= 1:
        told.append(translate(language, _USERS, n=f"{users:,.0f}"))
    for name, text in (
        ("m.users_share", _SHARE),
        ("m.error_rate", _FAILING),
        ("m.availability", _LITTLE_LEFT),
    ):
        share = values.get(name)
        if isinstance(share, int | float) and 0 <= share <= 1:
            told.append(translate(language, text, share=f"{share:.1%}"))
    return tuple(told)
