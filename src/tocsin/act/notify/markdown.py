"""How does text from a stranger stay text where Markdown is read? Marks are escaped, nobody is called.

A mention is broken by a space of no width behind its `@`: providers look for mentions in the text that Markdown has
become, where a backslash is gone. A line never begins with `/`, which some trackers obey.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tocsin.act.notify.fitting import Size, fit

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+|~!&$-])")
_CALLS = re.compile(r"[@＠]")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")
_NOTHING = "\u200b"


def uncalled(text: str) -> str:
    """The text with every `@` apart from what follows: it looks the same and calls nobody."""
    return _CALLS.sub(lambda found: found[0] + _NOTHING, text)


def escape(text: str) -> str:
    """One line as Markdown that shows it as it is."""
    shown = uncalled(_MARKS.sub(r"\\\1", text))
    shown = _NUMBERED.sub(r"\1\\\2", shown)
    return f"{_NOTHING}{shown}" if shown.startswith("/") else shown


def block(lines: Iterable[str], room: int, *, size: Size = len, line: Callable[[str], str] = escape) -> str:
    """Lines as Markdown that takes at most `room`; what is too much is cut before it is escaped."""

    def shown(text: str) -> str:
        return "\n".join(line(each) for each in text.split("\n"))

    return shown(fit("\n".join(lines), room, size=lambda text: size(shown(text))))


def link(label: str, url: str) -> str:
    """A link with a label; brackets in the address are written so that they do not end it."""
    address = url.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
    return f"[{escape(label)}]({address})"
