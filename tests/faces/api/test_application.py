"""The API as a whole: what it describes, what it refuses, and that nobody comes in where no one is named."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from tocsin.faces.api import Context, make_api
from tocsin.ground.accounts import Permission

CLOSED = make_api(cast("Context", SimpleNamespace(session_cookie="session")))
"""Behind its gate there are no rooms at all: whoever got through would meet a mistake."""
DOCUMENT = CLOSED.openapi()
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_it_describes_itself_in_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["servers"] == [{"url": "/api/v1"}]


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS]
)
def test_every_route_says_what_it_is_and_which_permission_it_needs(method, path, operation):
    assert operation["summary"]
    assert set(operation["x-permission"].split(" or ")) <= {str(each) for each in Permission}
    assert "default" in operation["responses"]
    assert "422" not in operation["responses"]


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS]
)
def test_nobody_comes_in_anywhere(calling, method, path, operation):
    answer = calling(CLOSED).request(
        method, re.sub(r"{[^}]+}", "x", path).lstrip("/"), json={} if method == "POST" else None
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"


def test_no_route_stands_beside_the_gate():
    """Each is a route of a feature, made by its gate; the framework's own one shows the description."""
    declared = CLOSED.state.routes
    assert len(declared) == len(OPERATIONS) > 30
    for route in declared:
        assert isinstance(route, APIRoute)
        assert "x-permission" in (route.openapi_extra or {}), route.path
    assert [route.path for route in CLOSED.routes if isinstance(route, Route)] == ["/openapi.json"]


def test_an_unknown_path_and_a_wrong_method_are_told_in_the_same_shape(client, as_):
    viewer = as_("viewer")
    missing = client.get("nothing", headers=viewer)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    wrong = client.request("DELETE", "incidents", headers=viewer)
    assert wrong.status_code == 405
    assert wrong.headers["Allow"] == "GET, POST"
    assert wrong.json()["error"] == {
        "code": "method_not_allowed",
        "field": "",
        "message": "this path does not know DELETE",
        "fix": "Use GET, POST.",
    }
    assert client.get("runs/x/next", headers=viewer).headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=1e3", "state=maybe", "service=%00", "service=a%20b", "after="],
)
def test_a_query_that_makes_no_sense_is_refused_or_empty_and_never_a_mistake_of_ours(client, as_, query):
    assert client.get(f"incidents?{query}", headers=as_("viewer")).status_code in (200, 404, 422)


@pytest.mark.parametrize(
    "body", [b"{", b"[1", b"\xff", b'{"title": "\\ud800"}', b'{"title": NaN}', b"[" * 50_000]
)
def test_a_body_that_is_no_json_is_refused(client, as_, body):
    headers = {**as_("responder"), "Content-Type": "application/json"}
    answer = client.post("incidents", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"title": "x"}'.encode("utf-16"), "the body is not UTF-8"),
        (b'{"title": "x", "title": "y"}', "a key stands twice"),
        (b'{"title": "\\ud800"}', "half a character"),
        (b'{"title": ' + b"[" * 50 + b"]" * 50 + b"}", "nested more than 32 deep"),
        (b'{"title": 1e999}', "a number is out of range"),
    ],
)
def test_a_body_that_two_readers_would_understand_differently_is_refused(client, as_, body, said):
    headers = {**as_("responder"), "Content-Type": "application/json"}
    answer = client.post("incidents", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert said in answer.json()["error"]["message"]
    assert answer.json()["error"]["fix"]
    assert client.get("incidents", headers=as_("viewer")).json()["items"] == []


def test_a_byte_order_mark_is_no_part_of_a_body(client, as_):
    headers = {**as_("responder"), "Content-Type": "application/json"}
    assert client.post("incidents", content=b'\xef\xbb\xbf{"title": "x"}', headers=headers).status_code == 200


def test_a_mistake_of_ours_is_told_in_one_sentence_without_its_inside(client, as_, rooms, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("secret inside")

    viewer = as_("viewer")
    monkeypatch.setattr(type(rooms.incidents), "overall", broken)
    answer = client.get("status", headers=viewer)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "error"
    assert "secret inside" not in answer.text


def test_the_status_says_who_asks_and_how_it_stands(client, as_):
    found = client.get("status", headers=as_("viewer")).json()
    assert found["overall"] == "operational"
    assert found["you"] == {"kind": "token", "name": "viewer", "role": "viewer"}


def test_the_services_are_told_without_their_secrets(client, as_):
    (shop,) = client.get("services", headers=as_("viewer")).json()["items"]
    assert (shop["name"], shop["title"], shop["soak_seconds"]) == ("shop", "Shop", 900.0)


def test_the_schedules_say_who_has_the_duty(client, as_):
    (duty,) = client.get("oncall", headers=as_("viewer")).json()["items"]
    assert duty["schedule"] == "backend"
    assert duty["person"] in ("mei", "jun")


def test_a_test_page_is_queued_for_somebody_who_can_be_reached(client, as_):
    responder = as_("responder")
    answer = client.post("oncall/test-page", json={"person": "mei"}, headers=responder)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["person"], answer.json()["channel"]) == ("mei", "mail")
    for person, status in (("jun", 422), ("nobody", 404)):
        refused = client.post("oncall/test-page", json={"person": person}, headers=responder)
        assert (refused.status_code, refused.json()["error"]["field"]) == (status, "person")
