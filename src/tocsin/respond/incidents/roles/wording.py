"""What is somebody told of their role? The card, or the question whether they take over, in their language."""

from __future__ import annotations

from tocsin.act.notify import Message
from tocsin.ground.i18n import N_, translate
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.roles.card import CARDS
from tocsin.respond.incidents.roles.store import Handover
from tocsin.respond.incidents.titles import ROLE_TITLES

_GIVEN = N_("You are {role}: {title}")
_ASKED = N_("{person} asks you to take over as {role}: {title}")
_TAKEN = N_("{person} has taken over as {role}: {title}")
_DECLINED = N_("{person} does not take over as {role}: {title}")
_ANSWER = N_("Open the incident and say whether you take over. Until then {person} has it.")
_YOURS = N_("It is still yours.")


def given(incident: Incident, role: str, person: str, language: str) -> Message:
    """To whoever has just been given a role: what it is, and what to do first."""
    card = CARDS[role]
    lines = [translate(language, card.duty)]
    lines += [f"{number}. {translate(language, each)}" for number, each in enumerate(card.first, 1)]
    return _message(incident, _GIVEN, role, person, language, lines)


def asked(incident: Incident, handover: Handover, giver: str, language: str) -> Message:
    """To whoever is asked to take over."""
    lines = [line for line in handover.note.splitlines() if line.strip()]
    lines.append(translate(language, _ANSWER, person=giver))
    return _message(incident, _ASKED, handover.role, handover.taker, language, lines, who=giver)


def answered(incident: Incident, handover: Handover, taker: str, language: str) -> Message:
    """To whoever had asked."""
    if handover.state == "accepted":
        return _message(incident, _TAKEN, handover.role, handover.giver, language, [], who=taker)
    lines = [each for each in (handover.reason, translate(language, _YOURS)) if each]
    return _message(incident, _DECLINED, handover.role, handover.giver, language, lines, who=taker)


def _message(
    incident: Incident, subject: str, role: str, person: str, language: str, lines: list[str], who: str = ""
) -> Message:
    told = translate(
        language,
        subject,
        role=translate(language, ROLE_TITLES.get(role, role)),
        title=incident.title,
        person=who,
    )
    return Message(
        kind="notice",
        subject=f"[{incident.severity}] {told}",
        lines=tuple(lines),
        severity=incident.severity,
        incident=incident.id,
        person=person,
        language=language,
    )
