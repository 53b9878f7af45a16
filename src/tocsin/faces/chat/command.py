"""What is a command? One file in `commands/`: its name, how it is written, what it needs, what it does.

`/tocsin severity P1 half the shop is down`: the first word names the command. Which incident is meant: the one that is
named, else the one whose war room this is, else the only open one; who leaves it open is asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

from tocsin.faces.chat.context import Context
from tocsin.faces.chat.markup import mentioned, plain
from tocsin.faces.chat.reply import Reply
from tocsin.faces.chat.speaker import Speaker, Speakers
from tocsin.ground.accounts import Permission
from tocsin.ground.catalogue import closest
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.extensions import discover
from tocsin.respond.incidents import OPEN, Incident

_MINE = ("me", "我")
_OFFERED = 8
_NOBODY = N_("nobody")
_WHICH = N_("which incident is meant?")
_NONE_OPEN = N_("no incident is open")
_NAME_IT = N_("Name one: {numbers}")
_DECLARE = N_("Declare one: /tocsin declare TITLE")


@dataclass(kw_only=True, slots=True)
class Ask:
    """One command as somebody wrote it; `words` is what stands behind its name, in Slack's markup, and is used up."""

    context: Context
    speakers: Speakers
    speaker: Speaker
    channel: str
    words: list[str] = field(default_factory=list[str])

    # Reading

    def word(self) -> str:
        """The next word, plain; empty when there is none."""
        return plain(self.words.pop(0), self.speakers.name) if self.words else ""

    def peek(self) -> str:
        return plain(self.words[0], self.speakers.name) if self.words else ""

    def rest(self) -> str:
        """All that is left, as plain text."""
        text = plain(" ".join(self.words), self.speakers.name)
        self.words.clear()
        return text

    def incident(self, states: Sequence[str] = OPEN) -> Incident:
        """The incident that is meant, among those in `states` when none is named. Raises Invalid, NotFound."""
        context = self.context
        if self.peek().upper().startswith("INC-"):
            number = self.word().upper()
            with context.store.read() as conn:
                return context.incidents.get(conn, number)
        here = context.rooms.incident_of(self.channel)
        with context.store.read() as conn:
            if here is not None:
                return context.incidents.get(conn, here)
            found = context.incidents.list(conn, states=states, limit=_OFFERED)
        if len(found) == 1:
            return found[0]
        if not found:
            raise Invalid(_NONE_OPEN, field="incident", fix=_DECLARE)
        numbers = ", ".join(f"{each.id} ({each.title})" for each in found)
        raise Invalid(self.say(_WHICH), field="incident", fix=self.say(_NAME_IT, numbers=numbers))

    def person(self, word: str) -> str:
        """Whom a word names: `me`, a mention, a name under `people:` or as others call them. Raises Invalid."""
        people = self.context.catalogue().people
        user = mentioned(word)
        wanted = plain(word, self.speakers.name).removeprefix("@").casefold()
        if user and (found := self.speakers.of(user).person):
            return found
        if wanted in _MINE and self.speaker.person:
            return self.speaker.person
        for name, each in people.items():
            if wanted in (name, each.name.casefold()):
                return name
        near = closest(wanted, people)
        raise Invalid(
            f"there is no person {wanted}" if wanted else "a person is missing",
            field="person",
            fix=f"Did you mean {near}?" if near else "Write @name, me, or a name under people:.",
        )

    # Saying

    def name(self, person: str | None) -> str:
        """How others call a person of the configuration."""
        people = self.context.catalogue().people
        return people[person].name if person in people else person or self.say(_NOBODY)

    def say(self, text: str, /, **values: object) -> str:
        """A marked text in the language of who asks."""
        return translate(self.speaker.language, text, **values)

    def aloud(self, text: str, /, **values: object) -> str:
        """A marked text for the whole channel, in the language of the installation."""
        return translate(self.context.catalogue().language, text, **values)

    def here(self, incident: Incident, text: str, /, **values: object) -> Reply:
        """For everybody in the channel, with the way to the incident."""
        about = {"name": self.speaker.name, "incident": incident.id, "title": incident.title}
        told = self.aloud(text, **(about | values))
        return Reply(text=told, public=True, links=[(incident.id, self.context.links.incident(incident.id))])


class Command(ABC):
    """One word behind `/tocsin`."""

    usage: ClassVar[str]
    """What stands behind its name: `LEVEL WHY…`."""
    summary: ClassVar[str]
    """What it does, in a few words; marked."""
    permission: ClassVar[Permission]

    @abstractmethod
    def run(self, ask: Ask) -> Reply:
        """Does it. Raises TocsinError for what is not possible."""


@cache
def commands() -> Mapping[str, Command]:
    """All there are, by name."""
    return {
        name: kind()  # pyright: ignore[reportAbstractUsage] - of the folder come its subclasses
        for name, kind in discover("tocsin.faces.chat.commands", Command, "tocsin.chat_commands").items()
    }


def help_of(ask: Ask, names: Iterable[str]) -> str:
    """One line a command."""
    lines = [
        f"/tocsin {' '.join(filter(None, (name, commands()[name].usage)))} – {ask.say(commands()[name].summary)}"
        for name in names
    ]
    return "\n".join(lines)
