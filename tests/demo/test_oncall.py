"""Mei gets a real mail over SMTP, opens its link over HTTP, and presses the one button there."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from demo.mailbox import Mail, Mailbox
from demo.oncall import OnCall
from demo.person import NothingToPress, Person

MEI = Person(name="Mei", address="mei@example.com")
PAGE = """<form method="get" action="/search"><input name="q"></form>
<form method="post" action="/preferences"><button name="theme" value="dark">Dark</button></form>
<form method="post"><input type="hidden" name="csrf" value="abc"><button class="act">I have <b>it</b></button></form>"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


class Site:
    """A page with a form, and what was posted to it."""

    def __init__(self, page: str) -> None:
        site = self
        self.posted: list[tuple[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(page)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                site.posted.append((self.path, body))
                self._answer("thank you")

            def _answer(self, text: str) -> None:
                self.send_response(200)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def send(mailbox: Mailbox, to: str, subject: str, text: str) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port) as server:
        server.sendmail("tocsin@example.com", [to], f"Subject: {subject}\r\nTo: {to}\r\n\r\n{text}\r\n")


def mail(text: str) -> Mail:
    return Mail(to="mei@example.com", subject="P0", text=text, received_at=0.0)


def test_a_mail_is_handed_to_the_one_it_is_for_and_only_once(mailbox: Mailbox) -> None:
    send(mailbox, "jun@example.com", "for Jun", "hello")
    send(mailbox, "mei@example.com", "for Mei", "see http://127.0.0.1:1/a/tok.en_1-2 now")
    got = mailbox.wait("mei@example.com", 5)
    assert got is not None
    assert got.subject == "for Mei"
    assert got.link == "http://127.0.0.1:1/a/tok.en_1-2"
    assert mailbox.wait("mei@example.com", 0) is None


def test_mei_presses_the_one_button_with_what_the_form_holds(mailbox: Mailbox) -> None:
    with Site(PAGE) as site:
        mei = OnCall(MEI, mailbox, reaction_s=0)
        mei.start()
        send(mailbox, "mei@example.com", "P0", f"Acknowledge: {site.url}/a/token")
        deadline = time.monotonic() + 10
        while not mei.acknowledged:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        mei.stop()
    assert site.posted == [("/a/token", "csrf=abc")]
    assert [said.text for said in mei.news()][-1] == "Mei opens the link in it and presses “I have it”"


def test_a_page_without_the_button_is_said_to_be_so() -> None:
    with Site("<p>gone</p>") as site, pytest.raises(NothingToPress, match="one form with one button"):
        MEI.acknowledge(mail(f"{site.url}/a/token"))


def test_a_mail_without_a_link_is_said_to_be_so() -> None:
    with pytest.raises(NothingToPress, match="no link"):
        MEI.acknowledge(mail("nothing to see"))
