"""Spoilt messages of each source, the same ones each time; `make fuzz` breaks on for as long as it may."""

from __future__ import annotations

import random

import fuzz
import fuzz_sources
import pytest

ROUNDS = 150


@pytest.mark.parametrize("kind", fuzz_sources.sources())
def test_no_spoilt_message_brings_a_source_down(kind: str):
    chance = random.Random(kind)
    for _ in range(ROUNDS):
        text = fuzz_sources.spoilt(kind, chance, fuzz.broken)
        failure = fuzz.attempt(f"{fuzz.SOURCE}{kind}", text)
        assert failure is None, f"{failure.story}\n{text[:2_000]!r}"


def test_a_text_that_is_too_long_or_not_clean_is_found():
    with pytest.raises(AssertionError):
        fuzz_sources._clean("four", 3)
    with pytest.raises(AssertionError):
        fuzz_sources._clean("a\x1b", 30)
