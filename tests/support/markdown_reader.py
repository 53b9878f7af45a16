"""What a reader of Markdown sees: the text without its marks, the links, the pictures."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt


class Read(HTMLParser):
    def __init__(self, source: str, *, html: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(MarkdownIt("commonmark", {"html": html, "breaks": True}).render(source))
        self.close()
        self.text = self.text.replace("\u200b", "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def called(text: str) -> tuple[str, ...]:
    """The names that a chat finds behind an `@` in what Markdown has become."""
    return tuple(re.findall(r"(?<![\w@])@[A-Za-z0-9][\w.-]*", text))
