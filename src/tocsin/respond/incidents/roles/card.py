"""What does somebody who has just been given a role have to do? A card each: one sentence, and a short list."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.ground.i18n import N_


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Texts of ours, to be said in the reader's language: `duty` in a sentence, then what to do, in order."""

    duty: str
    first: tuple[str, ...]


CARDS = {
    "commander": Card(
        duty=N_("You decide, and keep everybody working on one thing at a time. You do not repair."),
        first=(
            N_("Say in the room that you lead, and what the aim is now."),
            N_("Check the severity, and see that every role has somebody."),
            N_("Give each task to one person, with a time by which you ask again."),
            N_("Choose the fastest safe way back first; look for the cause later."),
            N_("Decide when it is over, and hand over before you are tired."),
        ),
    ),
    "technical-lead": Card(
        duty=N_("You find what is broken and bring the service back, with whoever you need."),
        first=(
            N_("Find out which side is broken, and what changed before it began."),
            N_("Follow the runbook; say aloud what you are about to do, and what came of it."),
            N_("Undo the last change before you try something new."),
            N_("Tell the commander what you need: people, access, a decision."),
            N_("Verify from where the users are before you say that it is back."),
        ),
    ),
    "communications-lead": Card(
        duty=N_(
            "You tell everybody outside the room what they need to know, and keep questions away from it."
        ),
        first=(
            N_("Find out who is affected, and how they notice it."),
            N_("Send the first update, and say in it when the next one comes."),
            N_("Keep that time, also when there is nothing new to say."),
            N_("Promise nothing that the commander has not said."),
            N_("Send the all-clear when it is over."),
        ),
    ),
    "scribe": Card(
        duty=N_("You write down what is seen, decided and done, so that the others need not."),
        first=(
            N_("Note decisions with who took them, and why."),
            N_("Note what was tried and did not help."),
            N_("Note what you do not understand; it is asked later."),
            N_("Keep graphs and log lines that may be gone tomorrow."),
        ),
    ),
}
"""By role, in the order in which the roles are filled."""
