"""What would this request do, and how does a block write it?"""

from __future__ import annotations

import pytest

from tocsin.act.guard import http_block_level, http_level, read_request


@pytest.mark.parametrize(
    ("method", "level"),
    [("GET", "read"), ("head", "read"), ("OPTIONS", "read"), ("POST", "change"), ("PATCH", "change"),
     ("DELETE", "destroy"), ("PURGE", "change")],
)  # fmt: skip
def test_the_method_decides(method: str, level: str) -> None:
    assert http_level(method).level == level


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


@pytest.mark.parametrize("text", ["", "GET", "restart the service", "GET /health", "GET http://x\nno header"])
def test_what_is_no_request_is_destroy(text: str) -> None:
    assert read_request(text) is None
    assert http_block_level(text).level == "destroy"
