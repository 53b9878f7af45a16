"""What, when, where, who, why, how? A draft in Markdown in which each answer cites the events it rests on.

What the timeline does not tell is said so, with who has to fill it in. The draft blames nobody: it names people
only for what they did to help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.duration import format_duration
from tocsin.ground.timeline import Event, sentence
from tocsin.respond.incidents import Incident
from tocsin.sense.alerts import Alert

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
NOT_KNOWN = N_("Not known. To be filled in by {who}.")


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
        return sentence(event, self.language, self.time_zone)

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
    """Text that came from outside, so that Markdown shows it and does not obey it."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


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
            N_("Draft made from the timeline. Numbers in brackets are its events; times are {zone}."),
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

    def span(end: datetime | None) -> str:
        return format_duration(max(end - incident.detected_at, timedelta())) if end else "–"

    detect = format_duration(max(incident.detected_at - incident.started_at, timedelta()))
    head = [N_("Severity"), N_("Service"), N_("Detected after"), N_("Acknowledged after"), N_("Restored after"),
            N_("Resolved after")]  # fmt: skip
    row = [
        incident.severity,
        plain(material.service_title),
        detect,
        span(incident.acknowledged_at),
        span(incident.mitigated_at),
        span(incident.resolved_at),
    ]
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in ([say(each) for each in head], ["---"] * len(head), row)
    )


def _what(material: Material) -> list[str]:
    lines = [
        f"{plain(material.incident.title)}{cite(material.first('incident.opened', 'incident.declared'))}"
    ]
    decided = material.first("severity.decided")
    if decided:
        lines.append(f"{plain(material.tell(decided))}{cite(decided)}")
    lines += [f"{plain(material.tell(event))}{cite(event)}" for event in material.of("severity.changed")]
    return lines


def _when(material: Material) -> list[str]:
    incident, say = material.incident, material.say
    moments = (
        (N_("Began {at}"), incident.started_at, material.first("incident.opened", "incident.declared")),
        (N_("Detected {at}"), incident.detected_at, material.first("incident.opened", "incident.declared")),
        (N_("Acknowledged {at}"), incident.acknowledged_at, material.first("incident.acknowledged")),
        (N_("Service back {at}"), incident.mitigated_at, _last(material, "incident.mitigated")),
        (N_("Resolved {at}"), incident.resolved_at, _last(material, "incident.resolved")),
    )
    return [
        f"{say(text, at=material.moment(at))}{cite(event)}" for text, at, event in moments if at is not None
    ]


def _where(material: Material) -> list[str]:
    attached = material.of("alert.attached")
    lines = [
        f"{material.say(N_('Service'))}: {plain(material.service_title)}"
        f"{cite(material.first('incident.opened', 'incident.declared'))}"
    ]
    for alert in material.alerts:
        labels = ", ".join(f"{key}={value}" for key, value in sorted(alert.labels.items()))
        event = next((each for each in attached if each.data.get("alert") == alert.id), None)
        lines.append(f"{plain(alert.name)}: {plain(labels)}{cite(event)}")
    return lines


def _who(material: Material) -> list[str]:
    say = material.say
    lines = [
        f"{plain(material.tell(event))}{cite(event)}"
        for event in material.of("incident.acknowledged", "role.assigned", "run.approval.given")
    ]
    sent = material.of("page.sent")
    if sent:
        names = sorted({material.person(str(event.data.get("person", ""))) for event in sent})
        lines.insert(0, f"{say(N_('Paged: {names}'), names=', '.join(names))}{cite(*sent[:3])}")
    elif not lines:
        return []
    return lines


def _why(material: Material) -> list[str]:
    """A cause is for a person to say; what points to it is listed."""
    lines = [material.say(N_("The cause is not known. To be filled in by {who}."), who=material.commander)]
    lines += [f"{plain(material.tell(event))}{cite(event)}" for event in material.of("note.added")]
    cured = [event for event in material.of("run.rung.finished") if event.data.get("ok")]
    failed = [event for event in material.of("run.rung.finished") if not event.data.get("ok")]
    for event in failed:
        title = plain(str(event.data.get("title", "")))
        lines.append(material.say(N_("It outlived: {title}"), title=title) + cite(event))
    for event in cured[-1:]:
        title = plain(str(event.data.get("title", "")))
        lines.append(material.say(N_("It ended with: {title}"), title=title) + cite(event))
    return lines


def _how(material: Material) -> list[str]:
    return [
        f"{plain(material.tell(event))}{cite(event)}"
        for event in material.of(
            "run.started",
            "run.rung.finished",
            "run.verified",
            "run.finished",
            "incident.mitigated",
            "incident.resolved",
        )
    ]


def _timeline(material: Material) -> str:
    rows = [
        f"| #{event.seq} | {material.moment(event.at)} | {plain(material.tell(event))} |"
        for event in material.events
    ]
    head = f"| # | {material.say(N_('Time'))} | {material.say(N_('Event'))} |"
    return "\n".join([head, "| --- | --- | --- |", *rows])


def _last(material: Material, kind: str) -> Event | None:
    found = material.of(kind)
    return found[-1] if found else None
