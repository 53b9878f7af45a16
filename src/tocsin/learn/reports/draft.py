"""What, when, where, who, why, how? A draft in Markdown in which each answer cites the events it rests on.

What the timeline does not tell is said so, with who has to fill it in. The draft blames nobody: it names people
only for what they did to help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tocsin.ground.i18n import N_, span, translate
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.timeline import Event, sentence
from tocsin.respond.incidents import Incident, Voice
from tocsin.sense.alerts import Alert

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")
# What would begin a list or a heading where a line begins, as each answer does.
_BEGINNING = re.compile(r"^(\d{0,9})([-+=.)])")
# What a terminal obeys, and what turns the direction of writing around.
_UNSEEN = re.compile("[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NOT_KNOWN = N_("Not known. To be filled in by {who}.")
_MOST_ALERTS, _MOST_ROWS = 20, 2_000


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that the draft may use."""

    incident: Incident
    events: Sequence[Event]
    alerts: Sequence[Alert]
    roles: dict[str, str]
    people: dict[str, str]
    service_title: str
    language: str
    time_zone: str

    def of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def first(self, *kinds: str) -> Event | None:
        found = self.of(*kinds)
        return found[0] if found else None

    def say(self, text: str, **values: object) -> str:
        return translate(self.language, text, **{key: str(value) for key, value in values.items()})

    def tell(self, event: Event) -> str:
        """The event as a sentence, its people, roles and clocks by the names that others call them."""
        voice = Voice(person=lambda name: self.people.get(name, name), text=self.say, moment=self.moment)
        data = voice.values(event.data)
        kind, _, name = event.actor.partition(":")
        actor = f"person:{self.people.get(name, name)}" if kind == "person" else event.actor
        return plain(sentence(replace(event, data=data, actor=actor), self.language, self.time_zone))

    def moment(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.time_zone)):%Y-%m-%d %H:%M:%S}"

    def person(self, slug: str) -> str:
        return plain(self.people.get(slug, slug))

    @property
    def commander(self) -> str:
        """Who fills the gaps: the commander, else whoever acknowledged, else the role's name."""
        slug = self.roles.get("commander") or self.incident.acknowledged_by
        return self.person(slug) if slug else self.say(N_("the incident commander"))


def plain(text: str) -> str:
    """Text that came from outside, so that Markdown shows it and does not obey it.

    Secrets go first: once their signs are escaped, nobody would know them any more.
    """
    shown = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(scrub(text).split()))
    return _BEGINNING.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", shown))


def cite(*events: Event | None) -> str:
    """` [#12, #15]`, or nothing."""
    numbers = ", ".join(f"#{event.seq}" for event in events if event)
    return f" [{numbers}]" if numbers else ""


def draft(material: Material) -> str:
    """The whole report. Times are in the installation's zone, named once at the top."""
    incident, say = material.incident, material.say
    parts = [
        f"# {incident.id} · {plain(incident.title)}",
        say(
            N_(
                "Draft made from the timeline. Numbers in brackets are its events; times are those of {zone}."
            ),
            zone=material.time_zone,
        ),
        _figures(material),
    ]
    answers: tuple[tuple[str, Callable[[Material], list[str]]], ...] = (
        (N_("What happened"), _what),
        (N_("When"), _when),
        (N_("Where"), _where),
        (N_("Who"), _who),
        (N_("Why"), _why),
        (N_("How it was brought back"), _how),
    )
    for title, answer in answers:
        lines = answer(material) or [say(NOT_KNOWN, who=material.commander)]
        parts += [f"## {say(title)}", "\n".join(f"- {line}" for line in lines)]
    parts += [f"## {say(N_('Timeline'))}", _timeline(material)]
    return "\n\n".join(parts) + "\n"


def _figures(material: Material) -> str:
    incident, say = material.incident, material.say

    def after(end: datetime | None) -> str:
        return _length(material, incident.detected_at, end) if end else "–"

    detect = _length(material, incident.started_at, incident.detected_at)
    head = [N_("Severity"), N_("Service"), N_("Detected after"), N_("Acknowledged after"), N_("Restored after"),
            N_("Resolved after")]  # fmt: skip
    row = [
        plain(incident.severity),
        plain(material.service_title),
        detect,
        after(incident.acknowledged_at),
        after(incident.mitigated_at),
        after(incident.resolved_at),
    ]
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in ([say(each) for each in head], ["---"] * len(head), row)
    )


def _length(material: Material, start: datetime, end: datetime) -> str:
    return span(material.language, (end - start).total_seconds())


def _told(material: Material, *kinds: str) -> list[str]:
    return [f"{material.tell(event)}{cite(event)}" for event in material.of(*kinds)]


def _what(material: Material) -> list[str]:
    lines = [
        f"{plain(material.incident.title)}{cite(material.first('incident.opened', 'incident.declared'))}"
    ]
    return lines + _told(material, "severity.decided", "severity.changed")


def _when(material: Material) -> list[str]:
    incident, say = material.incident, material.say
    began = material.first("incident.opened", "incident.declared")
    acknowledged = material.first("incident.acknowledged")
    again = [(N_("Opened again {at}"), "", each.at, each) for each in material.of("incident.reopened")]
    back = _last(material, "incident.mitigated", "incident.resolved")
    moments = [
        (N_("Began {at}"), "", incident.started_at, began),
        (N_("Detected {at}"), "", incident.detected_at, began),
        (N_("Acknowledged {at}"), N_("Nobody acknowledged it."), incident.acknowledged_at, acknowledged),
        *again,
        (N_("Service back {at}"), N_("The service is not back yet."), incident.mitigated_at, back),
        (
            N_("Resolved {at}"),
            N_("It is not resolved yet."),
            incident.resolved_at,
            _last(material, "incident.resolved"),
        ),
    ]
    return [
        f"{say(text, at=material.moment(at))}{cite(event)}" if at else say(otherwise)
        for text, otherwise, at, event in moments
    ]


def _where(material: Material) -> list[str]:
    attached = material.of("alert.attached")
    lines = [
        f"{material.say(N_('Service: {title}'), title=plain(material.service_title))}"
        f"{cite(material.first('incident.opened', 'incident.declared'))}"
    ]
    for alert in material.alerts[:_MOST_ALERTS]:
        shown = sorted((key, value) for key, value in alert.labels.items() if key != "alertname")
        labels = ", ".join(f"{key}={value}" for key, value in shown)
        event = next((each for each in attached if each.data.get("alert") == alert.id), None)
        lines.append(f"{plain(f'{alert.name}: {labels}' if labels else alert.name)}{cite(event)}")
    if (more := len(material.alerts) - _MOST_ALERTS) > 0:
        lines.append(material.say(N_("{n} more alerts, on the timeline below"), n=more))
    return lines


def _who(material: Material) -> list[str]:
    say = material.say
    paged: dict[str, Event] = {}
    for event in material.of("page.sent"):
        paged.setdefault(material.person(str(event.data.get("person", ""))), event)
    first = (
        f"{say(N_('Paged: {names}'), names=', '.join(paged))}{cite(*paged.values())}"
        if paged
        else say(N_("Nobody was paged."))
    )
    helped = _told(
        material, "incident.acknowledged", "role.assigned", "run.approval.given", "run.approval.denied"
    )
    return [
        first,
        *([] if material.incident.acknowledged_at else [say(N_("Nobody acknowledged it."))]),
        *helped,
    ]


def _why(material: Material) -> list[str]:
    """A cause is for a person to say; what points to it is listed."""
    lines = [material.say(N_("The cause is not known. To be filled in by {who}."), who=material.commander)]
    lines += _told(material, "note.added")
    cured = [event for event in material.of("run.rung.finished") if event.data.get("ok")]
    failed = [event for event in material.of("run.rung.finished") if not event.data.get("ok")]
    for event in failed:
        title = plain(str(event.data.get("title", "")))
        lines.append(material.say(N_("It did not help: {title}"), title=title) + cite(event))
    for event in cured[-1:]:
        title = plain(str(event.data.get("title", "")))
        lines.append(material.say(N_("Well again after: {title}"), title=title) + cite(event))
    return lines


def _how(material: Material) -> list[str]:
    return _told(
        material,
        *("run.started", "run.rung.finished", "run.step.answered", "run.verified", "run.finished"),
        *("incident.mitigated", "soak.failed", "incident.reopened", "incident.resolved"),
    )


def _timeline(material: Material) -> str:
    rows = [
        f"| #{event.seq} | {material.moment(event.at)} | {material.tell(event)} |"
        for event in material.events[:_MOST_ROWS]
    ]
    head = f"| # | {material.say(N_('Time'))} | {material.say(N_('Event'))} |"
    table = "\n".join([head, "| --- | --- | --- |", *rows])
    more = len(material.events) - _MOST_ROWS
    if more <= 0:
        return table
    return f"{table}\n\n{material.say(N_('{n} later events are on the page of the incident.'), n=more)}"


def _last(material: Material, *kinds: str) -> Event | None:
    """The newest event of the first of the kinds that there is."""
    for kind in kinds:
        if found := material.of(kind):
            return found[-1]
    return None
