"""What does a page say? What is broken, what was measured, since when, in the language of who is woken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from tocsin.act.notify import Message, lateness
from tocsin.ground import timeline
from tocsin.ground.i18n import N_, exact, translate
from tocsin.respond.oncall.store import Climb

_SERVICE = N_("Service: {service} · {incident}")
_MEASURED = N_("Measured: {values} (rule: {rule})")
_RULE = N_("Severity {severity} by rule: {rule}")
_SINCE = N_("Since {time}")
_STEP = N_("You are paged in step {step} of {steps}.")
_STEP_OF_ROOM = N_("Step {step} of {steps}.")
_ROUND = N_("Nobody has acknowledged yet: this is round {round} of {rounds}.")
_FALLBACK = N_("Nobody on call could be reached, so everybody is paged.")
_TEST = N_("A test page from Tocsin")
_TEST_LINE = N_("{actor} asked for it. Nothing is broken: if you read this, pages reach you.")


def page(
    conn: Connection,
    climb: Climb,
    *,
    person: str,
    language: str,
    zone: str,
    service: str,
    round_: int,
    step: int,
    due_at: datetime,
    at: datetime,
    fallback: bool = False,
    mentions: tuple[str, ...] = (),
    everyone: bool = False,
) -> Message:
    """The message of one step to one person, or to a room: then `person` is empty."""
    lines = [translate(language, _SERVICE, service=service, incident=climb.incident)]
    known = timeline.of_incident(conn, climb.incident, kinds=("severity.decided", "reality.checked"))
    lines += _reason([each for each in known if each.kind == "severity.decided"], climb, language)
    lines.append(translate(language, _SINCE, time=exact(language, climb.since, zone)))
    lines += _reality([each for each in known if each.kind == "reality.checked"], language)
    if fallback:
        lines.append(translate(language, _FALLBACK))
    elif climb.steps > 1:
        text = _STEP if person else _STEP_OF_ROOM
        lines.append(translate(language, text, step=step, steps=climb.steps))
    if round_ > 1:
        lines.append(translate(language, _ROUND, round=round_, rounds=climb.rounds))
    if late := lateness(language, due_at, zone, at):
        lines.append(late)
    return Message(
        kind="page",
        subject=headline(climb.severity, climb.title),
        lines=tuple(lines),
        severity=climb.severity,
        incident=climb.incident,
        person=person,
        mentions=mentions,
        everyone=everyone,
        language=language,
    )


def notice(
    *, incident: str, severity: str, subject: str, lines: tuple[str, ...], person: str, language: str
) -> Message:
    """Something about an incident that cannot wait; what is a text of ours is told in the person's language."""
    return Message(
        kind="notice",
        subject=headline(severity, timeline.told(subject, language)),
        lines=tuple(timeline.told(each, language) for each in lines),
        severity=severity,
        incident=incident,
        person=person,
        language=language,
    )


def test(*, person: str, actor: str, language: str) -> Message:
    """Proof that the way to a person is open."""
    who = actor.partition(":")[2] or actor
    return Message(
        kind="test",
        subject=translate(language, _TEST),
        lines=(translate(language, _TEST_LINE, actor=who),),
        person=person,
        language=language,
    )


def headline(severity: str, title: str) -> str:
    return f"[{severity}] {title}" if severity else title


def _reason(decided: Sequence[timeline.Event], climb: Climb, language: str) -> list[str]:
    """What the policy saw when it last decided."""
    if not decided:
        return []
    data = decided[-1].data
    rule, values = str(data.get("rule") or ""), _values(data.get("values"))
    if values:
        return [translate(language, _MEASURED, values=values, rule=rule)]
    return [translate(language, _RULE, severity=climb.severity, rule=rule)] if rule else []


def _reality(answers: Sequence[timeline.Event], language: str) -> list[str]:
    """What the service's own probes have said since; the first page leaves before they could."""
    return [timeline.sentence(answers[-1], language)] if answers else []


def _values(values: Any) -> str:
    if not isinstance(values, dict):
        return ""
    named = cast("Mapping[str, Any]", values)
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in named.items()
    )
