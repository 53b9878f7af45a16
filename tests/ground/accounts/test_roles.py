"""Every role against every permission."""

from __future__ import annotations

import pytest

from tocsin.ground.accounts import NOBODY, ROLES, Identity, Permission, allowed, require
from tocsin.ground.kernel.errors import Denied, Unauthenticated

GRANTED = {
    "viewer": "public read",
    "responder": "public read respond send",
    "operator": "public read respond send operate",
    "approver": "public read approve",
    "admin": "public read respond operate approve admin send",
}


def person(role: str, *scopes: str) -> Identity:
    return Identity(kind="person", name="mei", role=role, scopes=frozenset(scopes))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_grants_exactly_this(role: str):
    assert {each for each in Permission if allowed(person(role), each)} == set(GRANTED[role].split())


def test_nobody_sees_only_what_is_public():
    assert [each for each in Permission if allowed(NOBODY, each)] == ["public"]
    with pytest.raises(Unauthenticated):
        require(NOBODY, "read")


def test_a_key_only_sends():
    key = Identity(kind="key", name="prometheus")
    assert [each for each in Permission if allowed(key, each)] == ["public", "send"]
    assert key.actor == "key:prometheus"


def test_scopes_narrow_a_role_and_never_widen_it():
    assert allowed(person("operator", "read"), "read")
    assert not allowed(person("operator", "read"), "operate")
    assert not allowed(person("viewer", "admin"), "admin")


def test_a_permission_that_nobody_declared_is_not_granted():
    assert not allowed(person("admin"), "everything")


def test_who_is_denied_learns_which_roles_would_do():
    with pytest.raises(Denied) as denied:
        require(person("viewer"), "operate")
    assert "operator, admin" in denied.value.fix


def test_a_token_that_is_denied_learns_how_to_make_another_one():
    with pytest.raises(Denied) as denied:
        require(Identity(kind="token", name="ci", role="responder"), "operate")
    assert "tocsin token create --role operator" in denied.value.fix
