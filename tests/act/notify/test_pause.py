"""Pauses grow, spread, and end; a receiver's wish is obeyed within reason."""

import random

from tocsin.act.notify.pause import pause


def test_pauses_double_up_to_a_minute_and_are_spread():
    chance = random.Random(7)
    for attempt, expected in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60], 1):
        waits = [pause(attempt, None, chance=chance) for _ in range(200)]
        assert 0.8 * expected <= min(waits) < max(waits) <= 1.2 * expected
        assert len(set(waits)) > 100
    assert pause(10_000, None, chance=chance) <= 72


def test_what_the_receiver_asks_for_is_obeyed_up_to_five_minutes():
    chance = random.Random(7)
    assert pause(1, 30.0, chance=chance) == 30.0
    assert pause(1, 3_600.0, chance=chance) == 300.0
    assert pause(1, 0.0, chance=chance) > 0.5
