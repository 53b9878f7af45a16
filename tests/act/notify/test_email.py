"""Mail over a real SMTP conversation: what arrives, and what is worth another try."""

from __future__ import annotations

import re
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.act.notify import DeliveryFailed, Message
from tocsin.act.notify.channels import email
from tocsin.act.notify.channels.email import Email, EmailSettings, compose
from tocsin.ground.kernel.outbound import Outbound

PAGE = Message(
    kind="page",
    subject="[P0] Shop is down",
    lines=("Service: Shop", "Measured: availability 0.1 < 0.5 <b>&"),
    severity="P0",
    incident="INC-2026-0001",
    link="https://tocsin.example.com/a/abc",
    link_label="Acknowledge",
)


def channel(outbound: Outbound, port: int, **changes: object) -> Email:
    values = {"host": "127.0.0.1", "port": port, "from": "Tocsin <tocsin@example.com>"}
    return Email(EmailSettings.model_validate(values | changes), outbound)


def test_a_page_arrives_as_text_and_as_html_with_one_link(mail, outbound: Outbound):
    channel(outbound, mail.port).send(PAGE, "mei@example.com", "esc_1/1/1/mei/mail")

    [sent] = mail.mails
    assert mail.recipients == [["mei@example.com"]]
    assert sent["Subject"] == "[P0] Shop is down"
    assert sent["From"] == "Tocsin <tocsin@example.com>"
    assert sent["Message-ID"] == "<esc_1/1/1/mei/mail@example.com>"
    assert sent["References"] == "<INC-2026-0001@example.com>"
    assert sent["Auto-Submitted"] == "auto-generated"
    text = sent.get_body(("plain",)).get_content()
    html = sent.get_body(("html",)).get_content()
    assert "Measured: availability 0.1 < 0.5 <b>&" in text
    assert re.findall(r"https://\S+", text) == ["https://tocsin.example.com/a/abc"]
    assert "&lt;b&gt;&amp;" in html
    assert re.findall(r'href="([^"]+)"', html) == ["https://tocsin.example.com/a/abc"]
    assert "<script" not in html


def test_every_attempt_has_the_same_message_id(mail, outbound: Outbound):
    for _ in range(2):
        channel(outbound, mail.port).send(PAGE, "mei@example.com", "key")
    assert len({sent["Message-ID"] for sent in mail.mails}) == 1


def test_chinese_is_read_as_it_was_written(mail, outbound: Outbound):
    page = Message(kind="page", subject="[P0] 商店停止服務", lines=("服務：商店",), language="zh_Hant")
    channel(outbound, mail.port).send(page, "jun@example.com", "key")
    [sent] = mail.mails
    assert sent["Subject"] == "[P0] 商店停止服務"
    assert "服務：商店" in sent.get_body(("plain",)).get_content()
    assert 'lang="zh-Hant"' in sent.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "title",
    [
        "x\r\nBcc: evil@example.com",
        "x\nTo: evil@example.com",
        "=?utf-8?q?x=0D=0ABcc:_evil?=",
        "\r\n",
        "\x00",
        "\ud800",
    ],
)
def test_a_title_never_becomes_a_header_and_the_page_is_never_lost(mail, outbound: Outbound, title: str):
    page = Message(kind="page", subject=title, lines=(title, "."), incident="INC-1\r\nX: y")
    channel(outbound, mail.port).send(page, "mei@example.com", "key")
    [sent] = mail.mails
    assert mail.recipients == [["mei@example.com"]]
    assert sent["Bcc"] is None
    assert sent["X"] is None
    assert sent["To"] == "mei@example.com"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_makes_a_mail(text: str):
    page = Message(
        kind="page", subject=text, lines=(text, text), incident=text, link_label="Open", link="https://x/"
    )
    data = compose(page, sender="tocsin@example.com", address="mei@example.com", key="key").as_bytes()
    head = data.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^(bcc|cc|x):", head)
    assert len(re.findall(rb"(?m)^To:", head)) == 1


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ("451 4.3.0 later", False),
        ("421 4.4.2 busy", False),
        ("550 5.1.1 nobody", True),
        ("554 5.7.1 spam", True),
    ],
)
def test_a_code_of_4_may_be_tried_again_a_code_of_5_not(
    mail, outbound: Outbound, answer: str, permanent: bool
):
    mail.answers = [answer]
    with pytest.raises(DeliveryFailed, match=answer[:3]) as failed:
        channel(outbound, mail.port).send(PAGE, "mei@example.com", "key")
    assert failed.value.permanent is permanent


def test_a_password_is_not_sent_in_the_clear(mail, outbound: Outbound, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse")
    with pytest.raises(DeliveryFailed, match="no encryption") as failed:
        channel(outbound, mail.port, user="tocsin", password="env:SMTP_PASSWORD").send(
            PAGE, "m@example.com", "k"
        )
    assert failed.value.permanent
    assert not mail.mails


def test_starttls_that_is_demanded_and_not_offered_is_final(mail, outbound: Outbound):
    with pytest.raises(DeliveryFailed, match="STARTTLS") as failed:
        channel(outbound, mail.port, tls="starttls").send(PAGE, "mei@example.com", "key")
    assert failed.value.permanent


def test_nobody_listening_may_be_tried_again(outbound: Outbound):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryFailed) as failed:
        channel(outbound, port).send(PAGE, "mei@example.com", "key")
    assert not failed.value.permanent


def test_a_server_that_trickles_is_left_at_the_deadline(outbound: Outbound, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(email, "DEADLINE_S", 0.4)
    done = threading.Event()

    def trickle(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while not done.wait(0.05):
                try:
                    connection.sendall(b"2")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,))
        thread.start()
        with pytest.raises(DeliveryFailed) as failed:
            channel(outbound, listener.getsockname()[1]).send(PAGE, "mei@example.com", "key")
        done.set()
        thread.join()
    assert not failed.value.permanent


def test_a_mail_server_inside_a_metadata_network_is_refused_for_good(outbound: Outbound):
    settings = EmailSettings.model_validate({"host": "169.254.169.254", "port": 25, "from": "t@example.com"})
    with pytest.raises(DeliveryFailed) as failed:
        Email(settings, outbound).send(PAGE, "mei@example.com", "key")
    assert failed.value.permanent


def test_below_the_button_stands_the_link_to_the_incident(mail, outbound: Outbound):
    incident = "https://tocsin.example.com/incidents/INC-2026-0001"
    page = Message(
        kind="page",
        subject="x",
        lines=(),
        language="zh_Hant",
        link=PAGE.link,
        link_label="確認",
        page_link=incident,
    )
    channel(outbound, mail.port).send(page, "mei@example.com", "key")
    [sent] = mail.mails
    assert re.findall(r'href="([^"]+)"', sent.get_body(("html",)).get_content()) == [PAGE.link, incident]
    assert re.findall(r"https://\S+", sent.get_body(("plain",)).get_content()) == [PAGE.link, incident]


def test_a_mail_loads_nothing_from_anywhere(mail, outbound: Outbound):
    channel(outbound, mail.port).send(PAGE, "mei@example.com", "key")
    page = mail.mails[0].get_body(("html",)).get_content()
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", page)
    assert "prefers-color-scheme:dark" in page
