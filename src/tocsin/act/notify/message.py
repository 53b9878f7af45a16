"""What is a person told? One message, in their language, before any channel gives it its form."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

_SUBJECT = 200
_LINE = 2_000
_UNSEEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A page asks for somebody now; a notice tells; a test proves that the way is open.

    `subject` and `lines` are plain text in `language`. `mentions` are the people that a message in a room calls, as
    the channel writes them; `everyone` calls the whole room. What stands below `link` is filled in when the message
    leaves, since the link of a page is signed for the one delivery that carries it: `page_link` leads to the
    incident itself, `delivery` and `code` (four digits, for those who reply by text or by key) name the
    delivery in what comes back, `thread` is the receipt of the first message about the incident at this address,
    `callback` is where the provider reaches this channel (`https://…/channels/NAME`). `state` is what the incident
    has become, where the message tells of that: `acknowledged` or `resolved`.
    """

    kind: str  # page | notice | test
    subject: str
    lines: tuple[str, ...]
    severity: str = ""
    incident: str = ""
    person: str = ""
    mentions: tuple[str, ...] = ()
    everyone: bool = False
    language: str = "en"
    link: str = ""
    link_label: str = ""
    page_link: str = ""
    delivery: str = ""
    code: str = ""
    thread: str = ""
    callback: str = ""
    state: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"lines": list(self.lines), "mentions": list(self.mentions)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Message:
        values = dict(value)
        values["lines"] = tuple(value["lines"])
        values["mentions"] = tuple(value.get("mentions", ()))
        return cls(**values)

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines, cleaned: what an alert wrote into them shows, and does nothing else."""
        return tuple(one_line(line, _LINE) for line in self.lines)

    @property
    def text(self) -> str:
        """The message as plain text, the link on a line of its own so that every reader makes it clickable."""
        parts = [one_line(self.subject), "", *self.shown]
        if self.link:
            parts += ["", f"{self.link_label}:", self.link]
        return "\n".join(parts) + "\n"


def one_line(text: str, limit: int = _SUBJECT) -> str:
    """Text from anywhere made safe for a header, a title, a terminal: a page is cleaned, never lost.

    Control characters, line ends and marks that turn the direction of what follows become blanks; a text that
    is too long ends in an ellipsis.
    """
    clean = "".join(
        " " if character in _DIRECTION or unicodedata.category(character) in _UNSEEN else character
        for character in text
    )
    line = " ".join(clean.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
