"""One alert's messages, late, repeated or shuffled: what stands in the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.sense.alerts.settle import Settled, Standing, settle
from tocsin.sense.alerts.signal import Sender, Signal

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TIMEOUT = timedelta(minutes=5)
PROMETHEUS = Sender(key="key_a", source="alertmanager")
STRANGER = Sender(key="key_b", source="webhook")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def say(
    known: Standing | None,
    *,
    now: float,
    start: float | None = None,
    end: float | None = None,
    resolved: bool = False,
    fades: bool = False,
    text: str = "",
    sender: Sender = PROMETHEUS,
) -> Settled:
    signal = Signal(
        labels={"alertname": "DiskFull"},
        annotations={"summary": text},
        starts_at=None if start is None else at(start),
        ends_at=None if end is None else at(end),
        resolved=resolved,
        fades=fades,
    )
    return settle(known, signal, sender, alert_id="alr_1", now=at(now), timeout=TIMEOUT)


def test_a_new_alert_fires_and_says_so_once():
    first = say(None, now=0, start=-1)
    assert (first.result, first.event, first.standing.starts_at) == ("fired", "fired", at(-1))
    again = say(first.standing, now=1, start=-1)
    assert (again.result, again.event, again.changed) == ("duplicate", None, False)


def test_a_changed_text_is_written_without_news():
    first = say(None, now=0, text="92 %")
    again = say(first.standing, now=1, text="95 %")
    assert (again.result, again.event, again.text) == ("updated", None, True)


def test_an_alert_without_an_end_holds_for_the_timeout_and_longer_each_time_it_is_said():
    first = say(None, now=0, fades=True)
    assert first.standing.expires_at == at(5)
    again = say(first.standing, now=3, fades=True)
    assert again.standing.expires_at == at(8)
    assert not again.changed


def test_an_end_in_the_future_says_how_long_it_holds():
    assert say(None, now=0, start=0, end=4).standing.expires_at == at(4)


def test_a_source_that_never_expires_holds_until_it_is_over():
    assert say(None, now=0).standing.expires_at is None


def test_it_is_over_once():
    first = say(None, now=0, start=0)
    over = say(first.standing, now=10, start=0, end=9)
    assert (over.result, over.event, over.standing.ends_at) == ("resolved", "resolved", at(9))
    again = say(over.standing, now=11, start=0, end=9)
    assert (again.result, again.event) == ("duplicate", None)


def test_after_its_end_it_fires_anew_as_the_next_episode():
    first = say(None, now=0, start=0)
    over = say(first.standing, now=10, start=0, end=9)
    anew = say(over.standing, now=20, start=19)
    assert (anew.result, anew.event, anew.standing.episode) == ("fired", "fired", 2)
    assert (anew.standing.starts_at, anew.standing.ends_at) == (at(19), None)


def test_an_end_of_nothing_known_is_recorded_quietly():
    over = say(None, now=10, start=0, end=9)
    assert (over.result, over.event, over.standing.state) == ("unknown", None, "resolved")
    late = say(over.standing, now=11, start=0)
    assert (late.result, late.changed) == ("late", False)


def test_the_end_of_an_earlier_episode_does_not_end_this_one():
    first = say(None, now=0, start=0)
    anew = say(first.standing, now=20, start=19)
    late = say(anew.standing, now=21, start=0, end=9)
    assert (late.result, late.standing.state) == ("late", "firing")
    assert late.standing.starts_at == at(19)


def test_only_who_opened_it_may_end_it():
    first = say(None, now=0)
    forged = say(first.standing, now=1, resolved=True, sender=STRANGER)
    assert (forged.result, forged.changed) == ("refused", False)


def test_another_sender_cannot_change_its_text():
    first = say(None, now=0, text="disk full")
    other = say(first.standing, now=1, text="all is well", sender=STRANGER)
    assert (other.result, other.changed) == ("duplicate", False)


def test_what_goes_on_for_one_prometheus_is_not_over_because_another_saw_its_end():
    """Two servers share an alert; the second lost sight of it for a minute and ended it."""
    first = say(None, now=0, start=0, end=4)
    second = say(first.standing, now=5, start=5, end=9)
    over = say(second.standing, now=6, start=5, end=6)
    assert over.standing.state == "resolved"
    soon = say(over.standing, now=7, start=0, end=11)
    assert soon.result == "late"
    later = say(over.standing, now=8, start=0, end=12)
    assert (later.result, later.standing.state) == ("fired", "firing")


def test_after_it_ran_out_the_next_message_fires_again():
    first = say(None, now=0, start=0, end=4).standing
    silent = Standing(
        **{name: getattr(first, name) for name in first.__struct_fields__} | {"state": "resolved"}
    )
    assert say(silent, now=10, start=0, end=14).result == "fired"


@pytest.mark.parametrize("skew", [-10, 10])
def test_a_sender_whose_clock_is_wrong_still_ends_what_it_opened(skew: float):
    first = say(None, now=0, start=skew)
    assert first.standing.starts_at <= at(0)
    over = say(first.standing, now=5, start=skew, end=skew + 5, resolved=True)
    assert over.result == "resolved"
    assert over.standing.ends_at is not None
    assert over.standing.starts_at <= over.standing.ends_at <= at(5)


def test_an_end_without_times_is_believed_by_arrival_however_the_clocks_differ():
    first = say(None, now=0)
    assert say(first.standing, now=1, end=-8).result == "resolved"


def test_an_end_before_its_own_start_ends_it_all_the_same():
    first = say(None, now=0, start=-1)
    over = say(first.standing, now=1, start=-1, end=-60)
    assert over.result == "resolved"
    assert over.standing.ends_at == over.standing.starts_at


@pytest.mark.parametrize("start", [60 * 24 * 365 * 70, -60 * 24 * 365 * 50])
def test_a_start_in_another_age_counts_as_now(start: float):
    first = say(None, now=0, start=start)
    assert first.standing.starts_at == at(0)
    assert say(first.standing, now=5, start=start, resolved=True).result == "resolved"


def _story(episodes: int, *, still_firing: bool) -> list[tuple[float, float | None]]:
    """(start, end) of every message of a history in its order; an end of None is the beginning."""
    messages: list[tuple[float, float | None]] = []
    for number in range(episodes):
        messages.append((number * 100.0, None))
        if number < episodes - 1 or not still_firing:
            messages.append((number * 100.0, number * 100.0 + 40))
    return messages


def _end_of(messages: list[tuple[float, float | None]], arrival: float) -> tuple[object, ...]:
    known: Standing | None = None
    for start, end in messages:
        known = say(
            known, now=arrival, start=start - arrival, end=None if end is None else end - arrival
        ).standing
    assert known is not None
    return (known.state, known.starts_at, known.ends_at, known.sender_start)


@given(data=st.data(), episodes=st.integers(1, 5), still_firing=st.booleans())
def test_in_whatever_order_messages_arrive_and_repeat_they_end_alike(
    data: st.DataObject, episodes: int, still_firing: bool
):
    story = _story(episodes, still_firing=still_firing)
    repeated = story + data.draw(st.lists(st.sampled_from(story), max_size=len(story)))
    shuffled = data.draw(st.permutations(repeated))
    assert _end_of(shuffled, 1_000) == _end_of(story, 1_000)
