"""How commands speak to a server: pages of a list, refusals in its own words, and servers that are none."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tocsin.cli.client import Server
from tocsin.ground.kernel.errors import Denied, Invalid, TocsinError, Unauthenticated, Unavailable


class _Stub(BaseHTTPRequestHandler):
    """Answers what the test put under a path; remembers what it was asked."""

    answers: dict[str, tuple[int, bytes]]
    asked: list[tuple[str, str, str, bytes]]

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self._answer()

    def _answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        self.asked.append((self.command, self.path, self.headers.get("authorization") or "", body))
        path = urlsplit(self.path)
        after = parse_qs(path.query).get("after", [""])[0]
        status, answer = self.answers.get(f"{path.path}?{after}", self.answers.get(path.path, (404, b"")))
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def stub():
    handler = type("Stub", (_Stub,), {"answers": {}, "asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def error(status: int, code: str, message: str, fix: str = "") -> tuple[int, bytes]:
    body = {"error": {"code": code, "field": "title", "message": message, "fix": fix}}
    return status, json.dumps(body).encode()


def test_a_list_is_read_page_after_page_to_its_end(stub):
    handler, url = stub
    handler.answers["/api/v1/incidents"] = (200, b'{"items": [{"id": "3"}, {"id": "2"}], "next": "2"}')
    handler.answers["/api/v1/incidents?2"] = (200, b'{"items": [{"id": "1"}], "next": null}')
    assert [each["id"] for each in Server(url, "tok").listed("incidents", severity=None)] == ["3", "2", "1"]
    assert "severity" not in handler.asked[0][1]


def test_a_list_stops_at_the_limit(stub):
    handler, url = stub
    handler.answers["/api/v1/alerts"] = (200, b'{"items": [{"id": "3"}, {"id": "2"}], "next": "2"}')
    assert len(list(Server(url, "tok").listed("alerts", limit=2))) == 2
    assert len(handler.asked) == 1


def test_the_token_goes_along_and_the_parts_of_a_path_are_quoted(stub):
    handler, url = stub
    handler.answers["/api/v1/incidents/a%2Fb%3Fc/note"] = (200, b"{}")
    Server(url, "tok_secret").post("incidents", "a/b?c", "note", body={"text": "日本"})
    (method, _, authorization, body) = handler.asked[0]
    assert (method, authorization, json.loads(body)) == ("POST", "Bearer tok_secret", {"text": "日本"})


def test_what_the_server_refuses_is_told_in_its_own_words(stub):
    handler, url = stub
    handler.answers["/api/v1/incidents"] = error(
        422, "invalid", "an incident needs a title", "Say what is broken."
    )
    with pytest.raises(TocsinError) as caught:
        Server(url, "tok").post("incidents")
    told = caught.value
    assert (told.code, told.status, told.message, told.fix, told.field) == (
        "invalid",
        422,
        "an incident needs a title",
        "Say what is broken.",
        "title",
    )


def test_a_role_that_is_too_low_says_whom_to_ask(stub):
    handler, url = stub
    handler.answers["/api/v1/status"] = error(403, "denied", "ci may not do this", "Ask an admin.")
    with pytest.raises(Denied, match="ci may not do this"):
        Server(url, "tok").get("status")


def test_without_a_token_the_way_to_one_is_told(stub):
    handler, url = stub
    handler.answers["/api/v1/status"] = error(401, "unauthenticated", "this needs somebody known")
    with pytest.raises(Unauthenticated, match="this command needs a token") as caught:
        Server(url, "").get("status")
    assert "tocsin token create" in caught.value.fix


def test_a_server_that_is_not_there_is_told_with_the_way_to_start_it():
    with pytest.raises(Unavailable, match="no Tocsin answers at") as caught:
        Server("http://127.0.0.1:1", "").get("status")
    assert "tocsin up" in caught.value.fix


@pytest.mark.parametrize(
    "answer", [(502, b"<html>bad gateway</html>"), (200, b"hello"), (200, b"[1]"), (500, b"[]")]
)
def test_something_else_at_that_address_is_not_taken_for_tocsin(stub, answer):
    handler, url = stub
    handler.answers["/api/v1/status"] = answer
    with pytest.raises(Unavailable) as caught:
        Server(url, "tok").get("status")
    assert "TOCSIN_URL" in caught.value.fix


def test_an_address_that_is_none_is_refused_before_anything_is_sent():
    with pytest.raises(Invalid, match="not a web address"):
        Server.from_environment({"TOCSIN_URL": "localhost:9911"})


def test_without_a_word_about_it_the_server_is_the_one_on_this_machine():
    assert Server.from_environment({}).url == "http://127.0.0.1:9911"
