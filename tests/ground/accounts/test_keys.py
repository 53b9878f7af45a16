"""A sender's key: works at once in every process, ends within seconds in every process."""

from __future__ import annotations

import pytest

from tocsin.ground.accounts import CALENDAR, Accounts
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.store import Store


def test_a_key_says_which_kind_of_source_it_is(accounts: Accounts):
    plain = accounts.key_create("alertmanager", "prometheus", service="shop")
    assert plain.startswith("in_")
    key = accounts.key(plain)
    assert key
    assert (key.kind, key.name, key.service) == ("alertmanager", "prometheus", "shop")


def test_a_key_made_by_another_process_works_at_once(accounts: Accounts, store: Store, clock: FrozenClock):
    assert accounts.key("in_made-up") is None
    plain = Accounts(store, clock).key_create("webhook")
    assert accounts.key(plain)


def test_a_key_revoked_by_another_process_ends_within_seconds(
    accounts: Accounts, store: Store, clock: FrozenClock
):
    plain = accounts.key_create("webhook")
    assert accounts.key(plain)
    Accounts(store, clock).key_revoke("webhook")
    assert accounts.key(plain), "remembered for a moment"
    clock.tick(5)
    assert accounts.key(plain) is None


def test_a_storm_asks_the_store_once(accounts: Accounts, monkeypatch: pytest.MonkeyPatch):
    plain = accounts.key_create("webhook")
    accounts.key(plain)
    monkeypatch.setattr(Store, "read", lambda _: pytest.fail("asked the store again"))
    for _ in range(1_000):
        assert accounts.key(plain)


def test_keys_are_listed_without_their_secrets(accounts: Accounts):
    plain = accounts.key_create("webhook")
    [listed] = accounts.keys()
    assert plain not in repr(listed)


def test_a_kind_is_a_word(accounts: Accounts):
    with pytest.raises(Invalid):
        accounts.key_create("../webhook")


def test_what_is_not_there_cannot_be_revoked(accounts: Accounts):
    with pytest.raises(NotFound):
        accounts.key_revoke("key_made-up")


def test_the_key_of_a_calendar_sends_nothing_and_that_of_a_sender_opens_no_calendar(accounts: Accounts):
    calendar, sender = accounts.key_create(CALENDAR, "schedule:backend"), accounts.key_create("webhook")
    assert accounts.key(calendar) is accounts.calendar(sender) is None
    [read], [sends] = accounts.calendars(), accounts.keys()
    assert (accounts.calendar(calendar), accounts.key(sender)) == (read, sends)
