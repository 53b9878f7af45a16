"""What would this request do, and how does a block write it?"""

from __future__ import annotations

import pytest

from tocsin.act.guard import http_block_level, http_level, read_request


@pytest.mark.parametrize(
    ("method", "level"),
    [("GET", "read"), ("head", "read"), ("OPTIONS", "read"), ("PROPFIND", "read"), ("POST", "change"),
     ("PATCH", "change"), ("DELETE", "destroy"), ("PURGE", "destroy"), ("UNHEARD", "change")],
)  # fmt: skip
def test_the_method_decides(method: str, level: str) -> None:
    assert http_level(method).level == level


def test_what_destroys_has_a_safer_way() -> None:
    assert http_level("DELETE").telling[0].safer == "look at it with GET first"


def test_a_block_is_request_line_headers_and_body() -> None:
    request = read_request(
        '# clear it\nPOST https://api.example.com/cache/clear\nContent-Type: application/json\n\n{"all": true}\n'
    )

    assert request is not None
    assert (request.method, request.url) == ("POST", "https://api.example.com/cache/clear")
    assert request.headers == (("Content-Type", "application/json"),)
    assert request.body == '{"all": true}'


def test_an_address_alone_is_a_get() -> None:
    request = read_request("https://api.example.com/health")

    assert request is not None
    assert request.method == "GET"


def test_a_path_is_joined_to_the_host() -> None:
    request = read_request("GET /health HTTP/1.1\nHost: api.example.com")

    assert request is not None
    assert request.url == "https://api.example.com/health"


@pytest.mark.parametrize(
    "text", ["", "GET", "restart the service", "GET http://x\nno header", "# only words"]
)
def test_what_is_no_request_is_destroy(text: str) -> None:
    assert read_request(text) is None
    assert http_block_level(text).level == "destroy"


def test_a_path_without_a_host_can_be_judged_and_not_sent() -> None:
    assert read_request("GET /health") is None
    assert http_block_level("GET /health").level == "read"
    assert not http_block_level("GET /health").parsed


@pytest.mark.parametrize(
    "text",
    [
        "POST https://api.example.com/users/5\nX-HTTP-Method-Override: DELETE",
        "POST https://api.example.com/users/5?_method=delete",
        "POST https://api.example.com/users/5\nContent-Type: application/x-www-form-urlencoded\n\n_method=DELETE",
        "GET https://api.example.com/users/5\nX-HTTP-Method-Override: DELETE",
        "POST https://es.example.com/logs/_delete_by_query",
        "POST https://api.example.com/deleteUser",
        "POST https://api.example.com/jobs?action=purge",
        'POST https://api.example.com/rpc\n\n{"method": "user.delete", "params": [5]}',
        'POST https://api.example.com/graphql\n\n{"query": "mutation { removeOrder(id: 1) { id } }"}',
        "POST https://db.example.com/query\n\nq=DROP DATABASE shop",
    ],
)
def test_a_request_that_deletes_by_another_word_is_destroy(text: str) -> None:
    assert http_block_level(text).level == "destroy", http_block_level(text).findings


@pytest.mark.parametrize(
    "text",
    [
        'POST https://es.example.com/logs/_search\n\n{"query": {"match_all": {}}}',
        "POST https://prometheus.example.com/api/v1/query\n\nquery=up",
        'POST https://api.example.com/graphql\n\n{"query": "{ orders { id } }"}',
        "GET https://api.example.com/orders?state=deleted",
    ],
)
def test_a_request_that_only_searches_is_read(text: str) -> None:
    assert http_block_level(text).level == "read", http_block_level(text).findings


@pytest.mark.parametrize(
    "text",
    [
        "POST https://api.example.com/password/reset",
        'POST https://api.example.com/graphql\n\n{"query": "mutation { pause { ok } }"}',
        "POST https://api.example.com/graphql\n\nno document",
        "PUT https://es.example.com/logs/_search",
    ],
)
def test_what_may_change_something_is_change(text: str) -> None:
    assert http_block_level(text).level == "change", http_block_level(text).findings
