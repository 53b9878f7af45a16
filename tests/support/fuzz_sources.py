"""Does anything that a stranger may send bring a source down, or past its limits into the ledger?

The examples of each source and the recorded messages of `tests/data/<kind>/` are spoilt: as documents (a value becomes
another, goes, doubles, nests) and as text. Whatever comes of it, a source either reads it or refuses it with an error
that has a message and a way out, and what it reads is held to every limit.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake import Answer, Message, Reading, Source, every_source, limits

DATA = Path(__file__).resolve().parents[1] / "data"
AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
ODD = (
    "null", "true", "0", "-1", "1e308", "1e999", "NaN", "18446744073709551616", '""', '" "', "[]", "{}", "[[]]",
    "[null]", '{"": ""}', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"2026-02-30T00:00:00Z"', '"0001-01-01T00:00:00Z"',
    '"9999-12-31"', "999999999999999999", '"javascript:alert(1)"',
    '"{{7*7}}"', '"resolved"', '"firing"', '"Down"', '"success"',
    '"' + "x" * 2_000 + '"', '"' + "值" * 600 + '"', "[" * 40 + "]" * 40, '{"a": {"b": [1, {"c": null}]}}',
)  # fmt: skip


@cache
def sources() -> dict[str, Source]:
    return every_source()


@cache
def seeds(kind: str) -> tuple[str, ...]:
    """Good messages of a source."""
    recorded = [path.read_bytes() for path in sorted((DATA / kind).rglob("*")) if path.is_file()]
    every = [each.body for each in sources()[kind].examples] + [
        each for each in recorded if len(each) < 100_000
    ]
    return tuple(each.decode(errors="replace") for each in every)


def spoilt(
    kind: str, chance: random.Random, break_text: Callable[[str, Sequence[str], random.Random], str]
) -> str:
    """A message of that source after some accidents: to the document, to its text, or both."""
    text = chance.choice(seeds(kind))
    if chance.random() < 0.8:
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if isinstance(document, dict | list):
            for _ in range(chance.randint(1, 4)):
                _hurt(document, chance)
            text = json.dumps(document, ensure_ascii=False)
            for number, odd in enumerate(ODD):
                text = text.replace(f'"\x02{number}\x03"', odd).replace(f'"\\u0002{number}\\u0003"', odd)
    if chance.random() < 0.3:
        text = break_text(text, seeds(kind), chance)
    return text


def _hurt(document: Any, chance: random.Random) -> None:
    """One accident somewhere in the document."""
    places: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        here = waiting.pop()
        for name in list(here) if isinstance(here, dict) else range(len(here)):
            places.append((here, name))
            if isinstance(here[name], dict | list):
                waiting.append(here[name])
    if not places:
        return
    here, name = chance.choice(places)
    match chance.randrange(6):
        case 0 | 1 | 2:
            here[name] = f"\x02{chance.randrange(len(ODD))}\x03"
        case 3:
            del here[name]
        case 4:
            other, key = chance.choice(places)
            here[name] = json.loads(
                json.dumps(other[key] if key in other or isinstance(other, list) else None)
            )
        case _:
            here[name] = (
                [here[name]] * chance.choice((1, 2, 300)) if len(str(here[name])) < 2_000 else [here[name]]
            )


def read_any(kind: str, text: str) -> None:
    """Raises AssertionError, or whatever a source should not raise."""
    source = sources()[kind]
    raw = text.encode("utf-8", "surrogatepass")
    key = Key(id="key_fuzz", kind=kind, name="fuzz", service=None, created_at=AT)
    for example in source.examples:
        headers = {"content-type": source.content_types[0]}
        headers |= {name.lower(): value for name, value in example.headers}
        try:
            message = Message(
                method=example.method,
                path=example.path,
                query=example.query,
                headers=headers,
                raw=raw,
                payload=limits.decode(raw, "", source.limit, binary=source.binary),
                at=AT,
            )
            source.credential(message)
            reading = source.read(message, key) if source.methods else Reading()
        except TocsinError as error:
            _refused(source, error)
            continue
        _bounded(reading)
        if reading.signals or reading.changes:
            answer = source.answer(reading, [Outcome(alert="alr_1", result="fired") for _ in reading.signals])
            assert isinstance(answer, Answer)
            assert answer.status in (200, 201, 202, 204, 400), answer.status


def _refused(source: Source, error: TocsinError) -> None:
    assert 400 <= error.status < 500, f"a bad message is its sender's mistake: {error.status}"
    assert error.message
    answer = source.refuse(error)
    assert 400 <= answer.status < 500 or answer.status == 503
    assert b"Traceback" not in answer.body


def _bounded(reading: Reading) -> None:
    for signal in reading.signals:
        _bounded_signal(signal)
    for change in reading.changes:
        assert change.at.tzinfo
        for text in (change.title, change.service, change.by, change.url, change.dedup_key):
            _clean(text or "", limits.ANNOTATION_BYTES)


def _bounded_signal(signal: Signal) -> None:
    # A source may add a few labels of its own to those that were sent.
    assert len(signal.labels) <= limits.LABELS + 10
    assert signal.labels, "an alert without a label is none"
    for name, value in signal.labels.items():
        assert 0 < len(name.encode()) <= limits.LABEL_NAME_BYTES
        _clean(name, limits.LABEL_NAME_BYTES)
        _clean(value, limits.LABEL_VALUE_BYTES)
    for name, value in signal.annotations.items():
        _clean(name, limits.ANNOTATION_BYTES)
        _clean(value, limits.ANNOTATION_BYTES)
    _clean(signal.url, limits.URL)
    if signal.dedup_key is not None:
        _clean(signal.dedup_key, 2_048)
    for at in (signal.starts_at, signal.ends_at):
        assert at is None or at.tzinfo is not None


def _clean(text: str, most: int) -> None:
    assert len(text.encode()) <= most, f"{len(text.encode())} bytes of {most}"
    for letter in text:
        assert letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs"), repr(letter)
