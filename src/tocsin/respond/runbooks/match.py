"""Which runbook fits this alert, and why? The surest first, each with the reason in words for the timeline.

By the alert's runbook_url, then the globs of the service, the alert's name, a trigger that is true, words that alert
and runbook share, and last that it is written for the service. A runbook whose triggers are all false does not fit,
unless the alert itself points at it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from types import MappingProxyType
from urllib.parse import unquote

from tocsin.ground.catalogue import Service
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.conditions import ALERT, compile_condition
from tocsin.ground.timeline import reason
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.search import words_of
from tocsin.sense.severity import Facts, facts_of
from tocsin.sense.severity.facts import AlertLike

_URL_KEYS = ("runbook_url", "runbook", "runbookUrl")
_SPEAKING = frozenset({"symptoms", "meaning", "detection", "cause", "impact"})
_SHARED_LEAST = 2
_SHARE_LEAST = 0.6
_COMMON = 0.3  # a word of more of the runbooks than this says nothing of one of them …
_COMMON_FROM = 10  # … where there are as many
_TOLD_WORDS = 4
_TOLD_MOST = 4_000
_SPOKEN_MOST = 40_000
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CODE_LIKE = re.compile(r"[A-Z0-9_]", re.ASCII)  # `GROQ_API_ERROR`, and not just `redis`
# Words that most alerts and runbooks hold whatever they are about.
_EVERYWHERE = frozenset(
    words_of(
        "a about above after all an and any are as at be been before below by can critical do does for from has have "
        "high how if in into is it its last less low minutes more most no not of off on or out over percent seconds "
        "service so than that the their then there this to too under up warning was were what when which with alert "
        "error errors 告警 警報 服務 服务 錯誤 错误 發生 发生"
    )
)

_BY_URL = N_("the alert's runbook_url names it")
_BY_URL_FILE = N_("the alert's runbook_url names the file that it stands in")
_BY_GLOB = reason(N_("the service's runbooks: {glob}"))
_BY_NAME = reason(N_("it is named like the alert {name}"))
_BY_TRIGGER = reason(N_("its trigger is true: {trigger}"))
_BY_CODE = reason(N_("it names a cause that the alert shows: {code}"))
_BY_WORDS = reason(N_("it speaks of what the alert says: {words}"))
_BY_SERVICE = reason(N_("it is written for {service}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A runbook that fits, and why, in words for the timeline.

    `sure` is whether somebody said so: an address, a glob, a name, a trigger, a service. Words alone make an offer and
    never start anything.
    """

    document: Document
    why: str
    sure: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """As much of an alert as a trigger may ask about."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    value: float | None = None
    source: str = ""
    starts_at: datetime = field(default=datetime.fromisoformat("1970-01-01T00:00:00+00:00"))


_Key = tuple[tuple[str, str], ...]


class Vocabulary:
    """The words by which each runbook says when it is for; looked for once in each content.

    Safe to use from any thread: what two of them make at once is the same.
    """

    def __init__(self) -> None:
        self._made: tuple[_Key, dict[tuple[str, str], frozenset[str]]] = ((), {})

    def of(self, documents: Sequence[Document]) -> list[frozenset[str]]:
        """The words of each document, without those that many of them hold."""
        key = tuple((document.path, document.hash) for document in documents)
        known, words = self._made
        if key != known:
            own = {
                each: frozenset(_telling("\n".join(_told_by(document))[:_SPOKEN_MOST]))
                for each, document in zip(key, documents, strict=True)
            }
            count = Counter(word for some in own.values() for word in some)
            most = _COMMON * len(own) if len(own) >= _COMMON_FROM else len(own)
            common = {word for word, often in count.items() if often > most}
            words = {each: some - common for each, some in own.items()}
            self._made = (key, words)
        return [words.get(each, frozenset()) for each in key]


def matches(
    documents: Sequence[Document],
    service_name: str,
    service: Service,
    told: AlertLike,
    severity: str = "",
    vocabulary: Vocabulary | None = None,
    measured: Mapping[str, float] = MappingProxyType({}),
) -> list[Match]:
    """The runbooks that fit, the surest first; between equals, those for this severity.

    `measured` is what monitors saw last, for triggers over `m`; the alert's own word counts before it.
    """
    alert = _Alert.of(service_name, service, told, measured)
    spoken = (vocabulary or Vocabulary()).of(documents)
    ranked: list[tuple[tuple[float, int, str], Match]] = []
    for document, words in zip(documents, spoken, strict=True):
        for rank, match in _fit(document, words, alert):
            other = 0 if severity and document.severity == severity else 1
            ranked.append(((rank, other, document.path), match))
            break
    return [match for _, match in sorted(ranked, key=lambda each: each[0])]


@dataclass(frozen=True, slots=True)
class _Alert:
    """What is asked of each document, made ready once."""

    told: AlertLike
    facts: Facts
    service_name: str
    service: Service
    urls: tuple[str, ...]
    words: tuple[str, ...]  # of its name and its summary
    text: str

    @classmethod
    def of(
        cls, service_name: str, service: Service, told: AlertLike, measured: Mapping[str, float]
    ) -> _Alert:
        facts = facts_of(told, service_name, service, measured)
        urls = tuple(
            value for key in _URL_KEYS for value in (told.annotations.get(key), told.labels.get(key)) if value
        )
        own = {word for name in (service_name, service.title) for word in words_of(name)}
        short = f"{told.name}\n{told.annotations.get('summary', '')}"[:_TOLD_MOST]
        words = tuple(word for word in _telling(short) if word not in own)
        return cls(told, facts, service_name, service, urls, words, facts.text[:_TOLD_MOST])


def _fit(document: Document, words: frozenset[str], alert: _Alert) -> Iterator[tuple[float, Match]]:
    """How well a runbook fits, 0 is best, and why; nothing if it does not."""
    told, service = alert.told, alert.service
    pointed = min((_points_at(url, document) for url in alert.urls), default=2)
    if pointed == 0:
        yield 0, Match(document=document, why=_BY_URL)
    elif pointed == 1:
        yield 0.5, Match(document=document, why=_BY_URL_FILE)
    triggered = _triggered(document, alert.facts)
    for position, glob in enumerate(service.runbooks):
        if triggered is not False and _in(glob, document.path):
            yield 1 + position, Match(document=document, why=_BY_GLOB(glob=glob))
    after = 1 + len(service.runbooks)
    if document.service and document.service not in (alert.service_name, service.title):
        return
    if told.name and {slug(told.name), slug(_apart(told.name))} & _names(document):
        yield after, Match(document=document, why=_BY_NAME(name=told.name))
    if triggered is False:
        return
    if triggered:
        yield after + 1, Match(document=document, why=_BY_TRIGGER(trigger=triggered))
    if why := _spoken_of(document, words, alert):
        yield after + 2, Match(document=document, why=why, sure=bool(document.service))
    if document.service:
        yield after + 3, Match(document=document, why=_BY_SERVICE(service=document.service))


def _triggered(document: Document, facts: Facts) -> str | bool | None:
    """The trigger that is true; False if there are some and none is; None if there are none."""
    if not document.triggers:
        return None
    values = facts.values()
    return next(
        (each for each in document.triggers if compile_condition(each, ALERT).evaluate(values).true), False
    )


def _points_at(url: str, document: Document) -> int:
    """0 where an address ends in the path of this runbook, as file or as page; 1 where only its file does; 2 not."""
    address, _, fragment = url.partition("#")
    path = unquote(address.partition("?")[0]).rstrip("/")
    file, _, part = document.path.partition("#")
    if not any(path == each or path.endswith(f"/{each}") for each in _addresses(file)):
        return 2
    if not part:
        return 0
    return 0 if slug(unquote(fragment)) == slug(part) else 1


def _addresses(file: str) -> Iterator[str]:
    """A file as it is called in the library, and as it is called on the pages of the repository that it is from."""
    for each in (file, file.partition("/runbooks/")[2] and f"runbooks/{file.partition('/runbooks/')[2]}"):
        if each:
            yield each
            yield each.rsplit(".", 1)[0]


def _in(glob: str, path: str) -> bool:
    """Whether a glob means a runbook, or the file that holds it with others."""
    return fnmatchcase(path, glob) or fnmatchcase(path.partition("#")[0], glob)


def _names(document: Document) -> set[str]:
    """What a runbook answers to: its title and its file, or of one of several in a file, its part."""
    file, _, part = document.path.partition("#")
    return {slug(document.title), slug(part or PurePosixPath(file).stem)}


def slug(text: str) -> str:
    """Text as a name: small letters and dashes."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def _spoken_of(document: Document, words: frozenset[str], alert: _Alert) -> str:
    """Why its words fit: a code of a cause that stands in the alert, or enough of the alert's own words."""
    for cause in document.causes:
        for code in cause.match:
            if len(code) >= 4 and _CODE_LIKE.search(code) and code in alert.text:
                return _BY_CODE(code=code)
    shared = [word for word in alert.words if word in words]
    if len(shared) < _SHARED_LEAST or len(shared) < _SHARE_LEAST * len(alert.words):
        return ""
    return _BY_WORDS(words=", ".join(shared[:_TOLD_WORDS]))


def _told_by(document: Document) -> Iterator[str]:
    """The words by which a runbook says when it is for."""
    yield document.title
    yield document.threshold
    for section in document.sections:
        if section.role in _SPEAKING:
            yield section.text[:_TOLD_MOST]
    for cause in document.causes:
        yield cause.name
        yield cause.symptom


def _telling(text: str) -> Iterator[str]:
    """The words of a text that say what it is about."""
    for word in words_of(_apart(text)):
        if word not in _EVERYWHERE and not word.replace(".", "").isdigit() and len(word) > 1:
            yield word


def _apart(text: str) -> str:
    """`HighErrorRate` → `High Error Rate`."""
    return _CAMEL.sub(" ", text)
