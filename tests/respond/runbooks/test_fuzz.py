"""The breaking of runbooks finds what fails, and tells it by the smallest text that does."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator

import fuzz
import pytest


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, fuzz._slow)
    monkeypatch.setattr(fuzz, "MOST_CPU_S", 0.2)
    yield
    signal.signal(signal.SIGVTALRM, before)


def test_a_way_to_fail_is_made_as_small_as_it_gets(monkeypatch: pytest.MonkeyPatch, watched: None) -> None:
    def afraid(text: str) -> None:
        assert not ("<!--" in text and "|" in text)

    monkeypatch.setitem(fuzz.TARGETS, "reader", afraid)
    failure = fuzz.attempt("reader", "# Shop\n\na | b\n" + "words\n" * 40 + "see <!-- here -->\n")

    assert failure is not None
    assert sorted(fuzz.smaller(failure).text.replace("\n", "")) == sorted("|<!--")


def test_a_text_that_takes_too_long_has_failed(monkeypatch: pytest.MonkeyPatch, watched: None) -> None:
    def endless(text: str) -> None:
        while True:
            pass

    monkeypatch.setitem(fuzz.TARGETS, "reader", endless)
    failure = fuzz.attempt("reader", "a")

    assert failure is not None
    assert failure.sign == "TooSlow"


def test_the_same_seed_breaks_a_text_in_the_same_way() -> None:
    text = "# Shop\n\n```bash\nuptime\n```\n" * 9
    one = [fuzz.broken(text, [text], random.Random(7)) for _ in range(30)]
    two = [fuzz.broken(text, [text], random.Random(7)) for _ in range(30)]

    assert one == two
    assert one[0] != text


@pytest.mark.parametrize("target", sorted(fuzz.TARGETS))
def test_nothing_is_found_in_runbooks_as_they_are(
    target: str, watched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "MOST_CPU_S", fuzz.SHRINK_S)
    for path in sorted((fuzz.RUNBOOKS / "twins").glob("*.md")):
        assert fuzz.attempt(target, path.read_text()) is None, path.name
