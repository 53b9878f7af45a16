"""A program's token: shown once, found by its hash, ended when told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tocsin.ground.accounts import Accounts, allowed
from tocsin.ground.accounts import store as tables
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.store import Store


def test_a_token_stands_for_its_role_and_scopes(accounts: Accounts):
    plain = accounts.token_create("operator", "ci", ["read", "operate"])
    identity = accounts.token(plain)
    assert identity
    assert identity.actor == "token:ci"
    assert allowed(identity, "operate")
    assert not allowed(identity, "respond")


def test_a_token_is_listed_without_its_secret(accounts: Accounts):
    plain = accounts.token_create("viewer", "board")
    [listed] = accounts.tokens()
    assert (listed.name, listed.role, listed.revoked_at) == ("board", "viewer", None)
    assert plain not in repr(listed)


def test_a_revoked_token_is_nobody(accounts: Accounts):
    plain = accounts.token_create("viewer", "board")
    accounts.token_revoke("board")
    assert accounts.token(plain) is None
    with pytest.raises(NotFound):
        accounts.token_revoke("board")


@pytest.mark.parametrize("guess", ["", "tok_", "tok_made-up", "\ud800", "x" * 100_000])
def test_a_made_up_token_is_nobody(accounts: Accounts, guess: str):
    assert accounts.token(guess) is None


@pytest.mark.parametrize(("role", "scopes", "field"), [("root", (), "role"), ("viewer", ("fly",), "scopes")])
def test_an_unknown_role_or_scope_is_refused(
    accounts: Accounts, role: str, scopes: tuple[str, ...], field: str
):
    with pytest.raises(Invalid) as refused:
        accounts.token_create(role, "ci", scopes)
    assert refused.value.field == field


def test_a_token_is_kept_as_its_hash(accounts: Accounts, store: Store):
    plain = accounts.token_create("viewer", "board")
    with store.read() as conn:
        assert plain not in repr(conn.execute(select(tables.token)).all())


@pytest.mark.parametrize("name", ["", "x" * 65, "a\0b", "\ud83d", "two\nlines"])
def test_a_token_that_could_not_be_told_from_others_is_refused(accounts: Accounts, name: str):
    with pytest.raises(Invalid) as refused:
        accounts.token_create("viewer", name)
    assert refused.value.field == "name"
