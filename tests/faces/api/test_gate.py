"""Who gets in: tokens, keys, sessions, and routes that cannot be declared without a permission."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI, Request

from tocsin.faces.api import answers
from tocsin.faces.api.gate import Routes, identity_of, key_of
from tocsin.ground.accounts import Accounts, Permission
from tocsin.ground.kernel.errors import TocsinError

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def accounts(store, clock):
    return Accounts(store, clock, _CHEAP)


@pytest.fixture
def client(accounts, calling):
    routes = Routes("test")

    @routes.get("/read", permission=Permission.READ, summary="Read")
    def read(request: Request) -> dict[str, str]:
        return {"actor": identity_of(request).actor}

    @routes.post("/act", permission=Permission.RESPOND, summary="Act")
    def act(request: Request) -> dict[str, str]:
        return {"actor": identity_of(request).actor}

    @routes.post("/send", permission=Permission.SEND, summary="Send")
    def send(request: Request) -> dict[str, str]:
        key = key_of(request)
        return {"actor": identity_of(request).actor, "kind": key.kind if key else ""}

    @routes.get("/open", permission=Permission.PUBLIC, summary="Open")
    def anyone(request: Request) -> dict[str, str]:
        return {"actor": identity_of(request).actor}

    app = FastAPI()
    app.state.context = SimpleNamespace(accounts=accounts, session_cookie="session")
    app.include_router(routes.router)
    app.add_exception_handler(TocsinError, answers.on_tocsin_error)
    return calling(app)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_nobody_is_told_to_sign_in(client):
    answer = client.get("/read")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "unauthenticated"


def test_what_is_public_needs_nobody(client):
    assert client.get("/open").json() == {"actor": "nobody:nobody"}


def test_a_token_acts_within_its_role(client, accounts):
    viewer = accounts.token_create("viewer", "dashboard")
    assert client.get("/read", headers=bearer(viewer)).json() == {"actor": "token:dashboard"}
    refused = client.post("/act", headers=bearer(viewer))
    assert refused.status_code == 403
    assert "responder" in refused.json()["error"]["fix"]


def test_a_token_narrowed_to_a_scope_does_no_more(client, accounts):
    narrow = accounts.token_create("admin", "narrow", ["read"])
    assert client.get("/read", headers=bearer(narrow)).status_code == 200
    assert client.post("/act", headers=bearer(narrow)).status_code == 403


def test_a_revoked_token_is_nobody(client, accounts):
    plain = accounts.token_create("operator", "old")
    accounts.token_revoke("old")
    assert client.get("/read", headers=bearer(plain)).status_code == 401


def test_an_intake_key_sends_and_does_nothing_else(client, accounts):
    plain = accounts.key_create("webhook", "backup-job")
    assert client.post("/send", headers=bearer(plain)).json() == {
        "actor": "key:backup-job",
        "kind": "webhook",
    }
    assert client.get("/read", headers=bearer(plain)).status_code == 403


@pytest.mark.parametrize(
    "header", ["Basic bWVpOnB3", "Bearer", "Bearer  ", "tok_x", "Bearer tok_unknown", "Bearer é"]
)
def test_a_header_that_names_nobody_known_is_refused(client, header):
    answer = client.get("/read", headers={"Authorization": header.encode()})
    assert answer.status_code == 401


def test_the_session_of_the_pages_may_read_but_not_act(client, accounts):
    accounts.create("mei", "admin", "correct horse battery")
    client.cookies["session"] = accounts.sign_in("mei", "correct horse battery")
    assert client.get("/read").json() == {"actor": "person:mei"}
    assert client.post("/act").status_code == 401


def test_a_route_without_a_permission_cannot_be_declared():
    with pytest.raises(TypeError, match="permission"):
        Routes("test").get("/open", summary="No permission")
