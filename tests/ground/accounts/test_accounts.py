"""Mei signs in, Jun does not; what is revoked is revoked at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tocsin.ground.accounts import Accounts
from tocsin.ground.accounts import store as tables
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated
from tocsin.ground.store import Store

PASSWORD = "a few words in a row"


@pytest.fixture
def mei(accounts: Accounts) -> str:
    """A session of Mei, an operator."""
    accounts.create("Mei", "operator", PASSWORD, person="mei")
    return accounts.sign_in("mei", PASSWORD)


def test_a_session_says_who_it_is(accounts: Accounts, mei: str):
    identity = accounts.session(mei)
    assert identity
    assert (identity.name, identity.role, identity.actor) == ("mei", "operator", "person:mei")


def test_the_store_holds_neither_password_nor_session(accounts: Accounts, mei: str, store: Store):
    with store.read() as conn:
        written = repr([conn.execute(select(table)).all() for table in (tables.account, tables.session)])
    assert PASSWORD not in written
    assert mei not in written
    assert "$argon2id$" in written


@pytest.mark.parametrize(
    ("name", "password"), [("mei", "wrong words in a row"), ("nobody", PASSWORD), ("", "")]
)
def test_who_does_not_fit_is_told_the_same(accounts: Accounts, mei: str, name: str, password: str):
    with pytest.raises(Unauthenticated, match="do not fit together"):
        accounts.sign_in(name, password)


def test_a_name_is_the_same_in_capitals_and_a_password_however_it_was_composed(accounts: Accounts):
    accounts.create("Zoë", "viewer", "cafe\u0301 au lait")
    assert accounts.sign_in(" ZOË ", "café au lait")


def test_signing_out_ends_the_session(accounts: Accounts, mei: str):
    accounts.sign_out(mei)
    assert accounts.session(mei) is None


def test_a_session_ends_after_two_weeks(accounts: Accounts, mei: str, clock: FrozenClock):
    clock.tick(14 * 86_400 - 1)
    assert accounts.session(mei)
    clock.tick(1)
    assert accounts.session(mei) is None


def test_a_new_password_ends_every_session(accounts: Accounts, mei: str):
    accounts.change_password("mei", "some other words in a row")
    assert accounts.session(mei) is None
    with pytest.raises(Unauthenticated):
        accounts.sign_in("mei", PASSWORD)
    assert accounts.sign_in("mei", "some other words in a row")


def test_a_new_role_ends_every_session(accounts: Accounts, mei: str):
    accounts.change_role("mei", "viewer")
    assert accounts.session(mei) is None


def test_a_removed_account_is_gone_with_its_sessions(accounts: Accounts, mei: str):
    accounts.remove("mei")
    assert accounts.session(mei) is None
    with pytest.raises(NotFound):
        accounts.remove("mei")


def test_a_chosen_language_is_kept_and_the_session_with_it(accounts: Accounts, mei: str):
    accounts.change_language("mei", "zh_Hant")
    identity = accounts.session(mei)
    assert identity
    assert identity.language == "zh_Hant"


def test_ten_wrong_guesses_an_hour_close_an_account(accounts: Accounts, mei: str, clock: FrozenClock):
    for guess in range(10):
        with pytest.raises(Unauthenticated):
            accounts.sign_in("mei", f"guess number {guess}", address=f"192.0.2.{guess}")
    with pytest.raises(TooMany) as refused:
        accounts.sign_in("mei", PASSWORD, address="192.0.2.99")
    assert refused.value.retry_after == 3_600
    clock.tick(3_600)
    assert accounts.sign_in("mei", PASSWORD)


def test_twenty_wrong_guesses_an_hour_close_an_address(accounts: Accounts, mei: str):
    for guess in range(20):
        with pytest.raises(Unauthenticated):
            accounts.sign_in(f"name{guess}", PASSWORD, address="192.0.2.1")
    with pytest.raises(TooMany):
        accounts.sign_in("mei", PASSWORD, address="192.0.2.1")
    assert accounts.sign_in("mei", PASSWORD, address="192.0.2.2")


def test_signing_in_rightly_is_no_guess(accounts: Accounts, mei: str):
    for _ in range(30):
        accounts.sign_in("mei", PASSWORD, address="192.0.2.1")


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("jun", "too short", "password"),
        ("jun", "x" * 257, "password"),
        ("jun-wu-the-second", "Jun-Wu-The-Second", "password"),
        ("", PASSWORD, "name"),
        ("two words", PASSWORD, "name"),
        ("x" * 65, PASSWORD, "name"),
        ("a\x1b[31m", PASSWORD, "name"),
    ],
)
def test_a_weak_password_and_an_odd_name_are_refused(
    accounts: Accounts, name: str, password: str, field: str
):
    with pytest.raises(Invalid) as refused:
        accounts.create(name, "viewer", password)
    assert refused.value.field == field


def test_a_name_is_given_once(accounts: Accounts, mei: str):
    with pytest.raises(Conflict):
        accounts.create("MEI", "viewer", PASSWORD)
    assert [each.name for each in accounts.everyone()] == ["mei"]


def test_an_unknown_role_is_refused(accounts: Accounts):
    with pytest.raises(Invalid):
        accounts.create("jun", "root", PASSWORD)


def test_the_first_start_prints_a_link_that_makes_one_admin(accounts: Accounts):
    link = accounts.set_up_link()
    assert link
    assert accounts.set_up_is_open(link)
    assert accounts.set_up(link, "mei", PASSWORD).role == "admin"
    assert not accounts.set_up_is_open(link)
    with pytest.raises(NotFound):
        accounts.set_up(link, "jun", PASSWORD)
    assert accounts.set_up_link() is None


def test_a_weak_password_does_not_use_the_link_up(accounts: Accounts):
    link = accounts.set_up_link()
    assert link
    with pytest.raises(Invalid):
        accounts.set_up(link, "mei", "short")
    assert accounts.set_up(link, "mei", PASSWORD)


def test_a_newer_link_replaces_the_older_and_each_lasts_a_day(accounts: Accounts, clock: FrozenClock):
    older, newer = accounts.set_up_link(), accounts.set_up_link()
    assert older
    assert newer
    assert not accounts.set_up_is_open(older)
    clock.tick(86_400)
    assert not accounts.set_up_is_open(newer)


def test_a_link_is_worth_nothing_once_an_account_exists(accounts: Accounts, mei: str):
    with pytest.raises(NotFound):
        accounts.set_up("set_made-up", "jun", PASSWORD)


def test_the_last_admin_can_neither_be_removed_nor_made_less(accounts: Accounts):
    accounts.create("mei", "admin", PASSWORD)
    accounts.create("jun", "operator", PASSWORD)
    for act in (lambda: accounts.remove("MEI"), lambda: accounts.change_role("mei", "viewer")):
        with pytest.raises(Conflict, match="mei is the last admin") as refused:
            act()
        assert "account create" in refused.value.fix
    accounts.remove("jun")
    accounts.change_role("mei", "admin")
    accounts.create("lin", "admin", PASSWORD)
    accounts.change_role("mei", "viewer")
    assert {each.name: each.role for each in accounts.everyone()} == {"lin": "admin", "mei": "viewer"}


def test_of_two_admins_who_remove_each_other_one_stays(accounts: Accounts):
    for name in ("mei", "jun"):
        accounts.create(name, "admin", PASSWORD)

    def removed(name: str) -> bool:
        try:
            accounts.remove(name)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(removed, ("mei", "jun"))) == [False, True]
    assert [each.role for each in accounts.everyone()] == ["admin"]


def test_a_name_in_capitals_is_the_same_account_for_every_act(accounts: Accounts, mei: str):
    accounts.change_language("MEI", "zh_Hant")
    assert accounts.everyone()[0].language == "zh_Hant"
    accounts.remove(" Mei ")
    assert accounts.session(mei) is None
    assert accounts.everyone() == []


def test_a_password_that_changes_while_the_old_one_is_checked_lets_nobody_in(
    accounts: Accounts, mei: str, store: Store, monkeypatch: pytest.MonkeyPatch
):
    real = accounts._verified

    def overtaken(name: str, password: str, address: str) -> object:
        found = real(name, password, address)
        accounts.change_password("mei", "some other words in a row")
        return found

    monkeypatch.setattr(accounts, "_verified", overtaken)
    with pytest.raises(Unauthenticated):
        accounts.sign_in("mei", PASSWORD)
    with store.read() as conn:
        assert conn.execute(select(tables.session)).all() == []


def test_each_sign_in_is_a_session_of_its_own(accounts: Accounts, mei: str):
    other = accounts.sign_in("mei", PASSWORD)
    assert other != mei
    accounts.sign_out(other)
    assert accounts.session(mei)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("mei\0", PASSWORD),
        ("\ud83d", PASSWORD),
        ("x" * 100_000, PASSWORD),
        ("mei", PASSWORD + "\ud83d"),
        ("mei", "\0"),
        ("mei", "x" * 100_000),
    ],
)
def test_odd_characters_are_a_wrong_guess_and_no_error_of_ours(
    accounts: Accounts, mei: str, name: str, password: str
):
    with pytest.raises(Unauthenticated, match="do not fit together"):
        accounts.sign_in(name, password)


def test_what_is_typed_beyond_the_longest_password_counts(accounts: Accounts):
    accounts.create("jun", "viewer", "x" * 256)
    assert accounts.sign_in("jun", "x" * 256)
    with pytest.raises(Unauthenticated):
        accounts.sign_in("jun", "x" * 257)


def test_half_a_character_is_no_password(accounts: Accounts):
    with pytest.raises(Invalid) as refused:
        accounts.create("jun", "viewer", "a few words \ud83d")
    assert refused.value.field == "password"


def test_who_is_unknown_takes_as_long_as_who_is_known(
    accounts: Accounts, mei: str, monkeypatch: pytest.MonkeyPatch
):
    """As many hashes are computed: that is what takes the time."""
    checked: list[str] = []
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: str, password: str) -> bool:  # noqa: A002 - argon2's own name
        checked.append(hash)
        return real(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("mei", "nobody", "\0", ""):
        with pytest.raises(Unauthenticated):
            accounts.sign_in(name, "wrong words in a row")
    assert len(checked) == 4
    parameters = {each.rsplit("$", 2)[0] for each in checked}
    assert len(parameters) == 1, "and each is as dear"


def test_a_set_up_link_that_two_people_press_makes_one_admin(accounts: Accounts):
    link = accounts.set_up_link()
    assert link

    def made(name: str) -> str:
        try:
            return accounts.set_up(link, name, PASSWORD).name
        except NotFound:
            return ""

    with ThreadPoolExecutor(2) as both:
        names = list(both.map(made, ("mei", "jun")))
    assert sorted(names)[0] == ""
    assert [each.name for each in accounts.everyone()] == [sorted(names)[1]]


def test_the_link_is_kept_as_its_hash(accounts: Accounts, store: Store):
    link = accounts.set_up_link()
    assert link
    with store.read() as conn:
        assert link not in repr(conn.execute(select(tables.set_up)).all())


def test_nobody_has_a_hash_computed_by_a_made_up_link(accounts: Accounts, monkeypatch: pytest.MonkeyPatch):
    accounts.set_up_link()
    monkeypatch.setattr(PasswordHasher, "hash", lambda *_: pytest.fail("a hash is dear"))
    with pytest.raises(NotFound):
        accounts.set_up("set_made-up", "jun", PASSWORD)
