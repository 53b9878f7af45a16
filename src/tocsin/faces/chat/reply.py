"""What is answered in chat? Plain text in the reader's language, to one person or to all; errors with their cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.act.notify.channels.slack import escape
from tocsin.act.notify.fitting import fit
from tocsin.faces.chat.speaker import NotAllowed
from tocsin.ground import timeline
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.secret import scrub

_AT_MOST = 2_900
_BROKEN = N_("Tocsin made a mistake, and this may not have been done.")
_LOOK = N_("Look at the incident before you repeat it; the log of the server says more.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """`text` is plain; `links` are shown below it, as (label, address); `public` is seen by the whole channel."""

    text: str
    public: bool = False
    links: Sequence[tuple[str, str]] = ()

    def as_json(self) -> Mapping[str, Any]:
        """As a slash command is answered (docs.slack.dev/interactivity/implementing-slash-commands)."""
        links = "".join(f"\n<{escape(url)}|{escape(label)}>" for label, url in self.links)
        return {
            "response_type": "in_channel" if self.public else "ephemeral",
            "text": escape(fit(scrub(self.text), _AT_MOST, size=lambda text: len(escape(text)))) + links,
        }


def told(error: TocsinError, language: str) -> Reply:
    """What is not possible, and what to do about it."""
    if isinstance(error, NotAllowed):
        message, fix = translate(language, error.message), translate(language, error.fix, **error.values)
    else:
        message, fix = timeline.told(error.message, language), timeline.told(error.fix, language)
    return Reply(text="\n".join(filter(None, (_sentence(message), fix))))


def broken(language: str) -> Reply:
    """For a mistake of ours."""
    return Reply(text="\n".join((translate(language, _BROKEN), translate(language, _LOOK))))


def _sentence(message: str) -> str:
    """Messages for terminals begin small and end openly."""
    ended = message if message.endswith((".", "!", "?", "。", "！", "？")) else f"{message}."
    return ended[:1].upper() + ended[1:]
