"""The window moves; the quiet are forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.ground.accounts import Throttle, throttle
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import TooMany


def test_the_window_moves(clock: FrozenClock):
    gate = Throttle(clock, 2, timedelta(minutes=1))
    gate.take("mei")
    clock.tick(40)
    gate.take("mei")
    with pytest.raises(TooMany) as refused:
        gate.take("mei")
    assert refused.value.retry_after == 20
    gate.take("jun")
    clock.tick(20)
    gate.take("mei")


def test_what_was_no_guess_is_given_back(clock: FrozenClock):
    gate = Throttle(clock, 1, timedelta(minutes=1))
    for _ in range(5):
        gate.take("mei")
        gate.give_back("mei")


def test_many_subjects_do_not_fill_the_memory(clock: FrozenClock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(throttle, "_MOST_SUBJECTS", 10)
    gate = Throttle(clock, 1, timedelta(minutes=1))
    for number in range(100):
        gate.take(str(number))
    gate.take("0")
    with pytest.raises(TooMany):
        gate.take("99")
