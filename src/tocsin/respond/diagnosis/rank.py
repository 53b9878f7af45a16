"""Which of the known causes is it? Those of a runbook in the order in which the evidence speaks for them.

An author's own words of evidence, what stands in code spans such as `GROQ_API_ERROR`, weigh most, and more where they
are new since it began. The words of the symptom weigh a little. A word that several causes name says less for each.
What nothing speaks for stays in the order of the page, at the end: no evidence is no proof that it is not this.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import reason

_NEW = reason(N_("“{word}” stands {n} × in {source}, and did not before"))
_THERE = reason(N_("“{word}” stands {n} × in {source}"))
_BEFORE = reason(N_("“{word}” stands {n} × in {source}, as it did before"))
_SYMPTOM = reason(N_("words of its symptom stand in {source}: {words}"))

_WORD, _MOST_REPEATS = 3.0, 4.0
_FRESH, _OLD = 1.5, 0.4
_SYMPTOM_MOST, _SYMPTOM_LEAST = 2.0, 2
_SHORTEST, _LONGEST = 2, 120
_MOST_WORDS = 40
_COMMON = frozenset({"about", "after", "again", "error", "errors", "service", "there", "where", "which"})


class KnownCause(Protocol):
    """A cause as a runbook knows it. `match` are words of evidence, `symptom` how it shows in the author's words."""

    @property
    def name(self) -> str: ...
    @property
    def symptom(self) -> str: ...
    @property
    def match(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=KnownCause)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What one look has shown. `before` is the same look from before it began; None where there is none."""

    source: str
    text: str
    before: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked(Generic[C]):
    """A cause, how much speaks for it (0: nothing), and what that is: reasons of ours, the strongest first."""

    cause: C
    score: float
    why: tuple[str, ...]


def rank(causes: Sequence[C], evidence: Sequence[Evidence]) -> list[Ranked[C]]:
    """The causes, the likeliest first."""
    texts = [_Text.of(each) for each in evidence]
    shared = Counter(word for cause in causes for word in set(_words(cause.match)))
    terms = {index: _terms(cause) for index, cause in enumerate(causes)}
    common = Counter(term for each in terms.values() for term in each)
    ranked: list[Ranked[C]] = []
    for index, cause in enumerate(causes):
        found = [*_by_words(cause, texts, shared), *_by_symptom(terms[index], texts, common)]
        found.sort(key=lambda each: -each[0])
        score = round(sum(weight for weight, _ in found), 2)
        ranked.append(Ranked(cause=cause, score=score, why=tuple(why for _, why in found)))
    return sorted(ranked, key=lambda each: -each.score)


@dataclass(frozen=True, slots=True)
class _Text:
    source: str
    now: str
    before: str | None

    @classmethod
    def of(cls, evidence: Evidence) -> _Text:
        before = None if evidence.before is None else evidence.before.casefold()
        return cls(evidence.source, evidence.text.casefold(), before)


def _by_words(
    cause: KnownCause, texts: Sequence[_Text], shared: Mapping[str, int]
) -> Iterator[tuple[float, str]]:
    """Each word of evidence where it stands most tellingly; a second place adds nothing but a repetition."""
    for word in _words(cause.match):
        places = [_place(word, text) for text in texts]
        best = max((each for each in places if each), default=None, key=lambda each: each[0])
        if best:
            yield best[0] / shared[word], best[1]


def _place(word: str, text: _Text) -> tuple[float, str] | None:
    count = _count(word, text.now)
    if not count:
        return None
    weight = _WORD + min(_MOST_REPEATS, math.log2(count))
    said = {"word": word, "n": count, "source": text.source}
    if text.before is None:
        return weight, _THERE(**said)
    earlier = _count(word, text.before)
    if not earlier:
        return weight * _FRESH, _NEW(**said)
    # Twice as often as before is news; about as often is how it always was.
    return (weight, _THERE(**said)) if count >= 2 * earlier else (weight * _OLD, _BEFORE(**said))


def _by_symptom(
    terms: Sequence[str], texts: Sequence[_Text], common: Mapping[str, int]
) -> Iterator[tuple[float, str]]:
    whole = sum(1 / common[term] for term in terms)
    best: tuple[float, str] | None = None
    for text in texts:
        found = [term for term in terms if _count(term, text.now, most=1)]
        if len(found) < min(_SYMPTOM_LEAST, len(terms)) or not found:
            continue
        weight = _SYMPTOM_MOST * sum(1 / common[term] for term in found) / whole
        if best is None or weight > best[0]:
            best = weight, _SYMPTOM(source=text.source, words=", ".join(found[:6]))
    if best:
        yield best


def _words(match: Sequence[str]) -> list[str]:
    words = dict.fromkeys(each.strip().casefold() for each in match)
    return [each for each in words if _SHORTEST <= len(each) <= _LONGEST][:_MOST_WORDS]


def _terms(cause: KnownCause) -> list[str]:
    """The telling words of name and symptom: those of letters and digits, and pairs of Chinese characters."""
    known = set(_words(cause.match))
    terms: dict[str, None] = {}
    for piece in _pieces(f"{cause.name}\n{cause.symptom}".casefold()):
        if piece.isascii():
            if (len(piece) >= 5 or (piece.isdecimal() and len(piece) == 3)) and piece not in _COMMON:
                terms[piece] = None
        else:
            terms.update(dict.fromkeys(piece[at : at + 2] for at in range(len(piece) - 1)))
    return [each for each in terms if each not in known][:_MOST_WORDS]


def _pieces(text: str) -> Iterator[str]:
    """Runs of letters and digits, broken where the script changes."""
    piece = ""
    for letter in text:
        if piece and (not letter.isalnum() or letter.isascii() != piece[-1].isascii()):
            yield piece
            piece = ""
        if letter.isalnum():
            piece += letter
    if piece:
        yield piece


def _count(word: str, text: str, most: int = 100_000) -> int:
    """How often the word stands there by itself: `503` is not in `15034`."""
    count = at = 0
    while count < most and (at := text.find(word, at)) >= 0:
        end = at + len(word)
        count += not (_joined(text, at) or _joined(text, end))
        at = end
    return count


def _joined(text: str, at: int) -> bool:
    """Do the letters on both sides of this place belong to one word?"""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()
