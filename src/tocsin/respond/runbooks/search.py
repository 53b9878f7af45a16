"""Where does the library speak of this? Search over titles, paths, headings and text, in English and Chinese.

A Latin word is found where a word begins with it: `rest` finds "restart", `core` does not find "score". A Chinese word
is found wherever it stands, from two characters on: a longer one is looked for as the pairs that it is made of, which
needs no dictionary. Everything is compared without case and full width. A hit holds all the words, or where nothing
does, half of them; what has them in the title comes first, then in a heading, then in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tocsin.respond.runbooks.document import Document

_LONGEST_QUERY = 200
_SNIPPET = 160
_LONGEST_LINE = 2_000
_LATIN = r"[0-9a-z_À-ɏ]"
_PIECE = re.compile(rf"({_LATIN}+(?:[-.]{_LATIN}+){{0,8}})|[^\W\d_a-zÀ-ɏ]+")
_TITLE, _PATH, _HEADING, _TEXT = 8, 6, 4, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A runbook that was found: the best line of it, the heading above that line, and the line itself, cut."""

    document: Document
    line: int
    heading: str
    snippet: str


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str  # as it is compared
    shown: str
    weight: int


@dataclass(frozen=True, slots=True)
class _Read:
    """A document made ready to be searched."""

    document: Document
    whole: str
    lines: tuple[_Line, ...]


class Index:
    """The documents that were last asked about, each made ready once for its content."""

    def __init__(self) -> None:
        self._ready: dict[tuple[str, str], _Read] = {}

    def search(
        self, words: str, documents: Iterable[Document], text_of: Callable[[Document], str], limit: int
    ) -> list[Hit]:
        """The best hits of `words` in these documents; none where there is no word in it.

        `text_of` gives the lines of a document from `Document.line` on; it is asked once for each content.
        """
        wanted = words_of(words[:_LONGEST_QUERY])
        self._ready = {
            (document.path, document.hash): self._ready.get((document.path, document.hash))
            or _make_ready(document, text_of(document))
            for document in documents
        }
        if not wanted:
            return []
        patterns = [_pattern(word) for word in wanted]
        found: list[tuple[tuple[int, int, str], Hit]] = []
        for read in self._ready.values():
            scored = _score(read, wanted, patterns)
            if scored:
                count, score, line = scored
                found.append(((-count, -score, read.document.path), _hit(read.document, line)))
        found.sort(key=lambda each: each[0])
        most = -found[0][0][0] if found else 0
        enough = len(wanted) if most == len(wanted) else (len(wanted) + 1) // 2
        return [hit for (count, _, _), hit in found if -count >= enough][:limit]


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared, each once: Latin words, and the pairs of Chinese ones."""
    words: dict[str, None] = {}
    for piece in _PIECE.finditer(_folded(text)):
        word = piece[0]
        pairs = [word] if piece[1] or len(word) < 3 else [word[at : at + 2] for at in range(len(word) - 1)]
        words.update(dict.fromkeys(pairs))
    return list(words)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _pattern(word: str) -> re.Pattern[str]:
    begins = rf"(?<!{_LATIN})" if re.match(_LATIN, word) else ""
    return re.compile(begins + re.escape(word))


def _make_ready(document: Document, text: str) -> _Read:
    headings = {document.line, *(section.line for section in document.sections)}
    title = _folded(document.title)
    lines = [
        _Line(0, title, document.title, _TITLE),
        _Line(0, _folded(document.path), document.path, _PATH),
    ]
    for number, shown in enumerate(text.split("\n"), start=document.line):
        stripped = shown.strip()
        if not stripped:
            continue
        folded = _folded(stripped[:_LONGEST_LINE])
        weight = _HEADING if number in headings else _TEXT
        if weight == _HEADING and title and title in folded:
            weight = _TITLE
        lines.append(_Line(number, folded, stripped.lstrip("# ") if number in headings else stripped, weight))
    return _Read(document, "\n".join(line.text for line in lines), tuple(lines))


def _score(
    read: _Read, words: Sequence[str], patterns: Sequence[re.Pattern[str]]
) -> tuple[int, int, _Line] | None:
    """How many of the words it holds, how well, and the line that has the most of them."""
    there = [pattern for word, pattern in zip(words, patterns, strict=True) if word in read.whole]
    if not there:
        return None
    best = [0] * len(there)
    chosen: tuple[int, int, _Line] | None = None
    for line in read.lines:
        hits = [at for at, pattern in enumerate(there) if pattern.search(line.text)]
        for at in hits:
            best[at] = max(best[at], line.weight)
        # A line that can be shown wins over the path; between equals, the first one.
        if hits:
            worth = (len(hits) * (line.number > 0), line.weight)
            if chosen is None or worth > chosen[:2]:
                chosen = (*worth, line)
    if chosen is None:
        return None
    return sum(1 for each in best if each), sum(best), chosen[2]


def _hit(document: Document, line: _Line) -> Hit:
    number = line.number or document.line
    above = [section.heading for section in document.sections if section.line <= number]
    snippet = line.shown if len(line.shown) <= _SNIPPET else f"{line.shown[: _SNIPPET - 1].rstrip()}…"
    return Hit(document=document, line=number, heading=above[-1] if above else "", snippet=snippet)
