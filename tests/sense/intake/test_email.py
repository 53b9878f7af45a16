"""Monitors that can only send mail, and what else comes to an open mail port."""

from __future__ import annotations

import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.render.plain import text_of
from tocsin.sense.intake.email_section import EmailSection
from tocsin.sense.intake.mail import read_mail, thread_of
from tocsin.sense.intake.postbox import Postbox
from tocsin.sense.intake.smtp import CONNECTIONS

DOWN = "Monitor is DOWN: shop"
UP = "Monitor is UP: shop"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 21, 10, 30, tzinfo=UTC))


class Mails:
    """A postbox on loopback, and a monitor that writes to it."""

    def __init__(self, intake: Any, folder: Path) -> None:
        self.intake = intake
        self.current = Holder(self.section())
        self.postbox = Postbox(
            intake.receiver,
            intake.clock,
            self.current,
            find=intake.keys.get,
            keys=lambda: list(intake.keys.values()),
            folder=folder,
        )
        self.postbox.tick()

    def section(self, **more: Any) -> EmailSection:
        return EmailSection.model_validate({"email": {"port": 0, "domains": ["alerts.example.com"], **more}})

    def told(self, **settings: Any) -> None:
        """The key is told these settings."""
        key: Key = self.intake.keys["in_email"]
        self.intake.keys["in_email"] = replace(key, settings=settings)
        self.intake.clock.tick(5)

    def session(self) -> smtplib.SMTP:
        assert self.postbox.port
        return smtplib.SMTP("127.0.0.1", self.postbox.port, timeout=20)

    def send(
        self,
        mail: EmailMessage | bytes,
        *,
        to: str = "in_email@alerts.example.com",
        by: str = "robot@m.example",
    ) -> tuple[int, str]:
        """What the server says in the end."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        with self.session() as session:
            try:
                session.sendmail(by, [to], raw, mail_options=["SMTPUTF8"] if not to.isascii() else [])
            except smtplib.SMTPRecipientsRefused as refused:
                code, words = refused.recipients[to]
                return code, words.decode()
            except smtplib.SMTPResponseException as refused:
                return refused.smtp_code, str(refused.smtp_error)
        return 250, ""

    @property
    def alert(self) -> Any:
        (only,) = self.intake.alerts()
        return only


@pytest.fixture
def mails(intake: Any, tmp_path: Path) -> Iterator[Mails]:
    made = Mails(intake, tmp_path)
    yield made
    made.postbox.stop()


def mail(subject: str, text: str = "", *, at: int = 0, **headers: str) -> EmailMessage:
    """A mail that was written `at` minutes after half past ten."""
    made = EmailMessage()
    made["From"] = headers.pop("sender", "UptimeRobot <alert@uptimerobot.com>")
    made["To"] = "in_email@alerts.example.com"
    made["Subject"] = subject
    made["Date"] = f"Sat, 21 Nov 2026 10:{30 + at}:00 +0000"
    made["Message-ID"] = f"<{at}-{abs(hash(subject))}@uptimerobot.com>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text or "The monitor shop has something to say.")
    return made


# What a mail becomes


def test_a_mail_is_an_alert_once_it_is_answered(mails: Mails):
    assert mails.send(mail(DOWN, "Reason: connection timeout.\n")) == (250, "")
    assert (mails.alert.name, mails.alert.state, mails.alert.source) == (DOWN, "firing", "email")
    assert mails.alert.labels == {"alertname": DOWN, "from": "alert@uptimerobot.com"}
    assert mails.alert.annotations["summary"] == DOWN
    assert mails.alert.annotations["description"] == "Reason: connection timeout."
    assert mails.alert.annotations["message_id"].endswith("@uptimerobot.com>")
    assert mails.alert.starts_at == datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def test_the_mail_that_all_is_well_ends_the_alert(mails: Mails):
    mails.send(mail(DOWN))
    mails.intake.clock.tick(600)
    mails.send(mail(UP, at=5))
    assert mails.alert.state == "resolved"
    mails.intake.clock.tick(600)
    mails.send(mail(DOWN, at=15))
    assert (mails.alert.state, mails.alert.episode) == ("firing", 2)


def test_a_mail_that_comes_twice_or_late_does_not_fire_again(mails: Mails):
    mails.send(mail(DOWN))
    mails.send(mail(DOWN))
    assert (mails.alert.state, mails.alert.episode) == ("firing", 1)
    mails.intake.clock.tick(600)
    mails.send(mail(UP, at=5))
    mails.send(mail(DOWN))
    assert (mails.alert.state, mails.alert.episode) == ("resolved", 1), (
        "the server that hands it on has sent it again"
    )


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("Monitor is DOWN: shop", "Monitor is UP: shop"),
        ("** PROBLEM Service Alert: web/HTTP is CRITICAL **", "** RECOVERY Service Alert: web/HTTP is OK **"),
        ("[FIRING:2] High latency (shop)", "[RESOLVED] High latency (shop)"),
        ("High latency", "[Resolved] High latency"),
        ("Disk full on db1", "Resolved: Disk full on db1"),
        ("shop is down", "Re: shop is back UP"),
        ("Disk full", "OK: Disk full"),
    ],
)
def test_monitors_say_in_many_ways_that_all_is_well(mails: Mails, bad: str, good: str):
    mails.send(mail(bad))
    assert mails.alert.state == "firing"
    mails.intake.clock.tick(600)
    mails.send(mail(good, at=5))
    assert mails.alert.state == "resolved"


@pytest.mark.parametrize(
    "subject",
    [
        "Disk usage is up to 95 %",
        "DISK IS FILLING UP",
        "The host name could not be resolved",
        "Backup NOT OK",
        "shop is DOWN again (was UP for 3 h)",
        "Unresolved: shop",
        "Up to 5 failures",
        "The ticket was closed while the shop FAILED",
    ],
)
def test_a_mail_that_only_sounds_well_is_an_alert(mails: Mails, subject: str):
    mails.send(mail(subject))
    assert mails.alert.state == "firing"


def test_mails_about_other_things_are_other_alerts(mails: Mails):
    mails.send(mail("Monitor is DOWN: shop"))
    mails.send(mail("Monitor is DOWN: bank"))
    mails.send(mail("Monitor is DOWN: shop", sender="other@example.com"))
    assert len(mails.intake.alerts()) == 3


def test_a_key_says_which_mail_ends_an_alert_and_what_else_is_to_be_known(mails: Mails):
    mails.told(resolved='body.contains("status: green") && from == "nms@example.com"', severity="low")
    mails.send(mail("Link 3", "status: red", sender="nms@example.com"))
    assert (mails.alert.state, mails.alert.labels["severity"]) == ("firing", "low")
    mails.intake.clock.tick(600)
    mails.send(mail("Link 3", "status: green", sender="nms@example.com", at=5))
    assert mails.alert.state == "resolved"


def test_each_mail_may_be_an_alert_of_its_own_that_fades(mails: Mails):
    mails.told(identity="message", lasts="1h")
    mails.send(mail("Cron failed"))
    mails.send(mail("Cron failed", at=1))
    assert len(mails.intake.alerts()) == 2
    mails.intake.clock.tick(3_700)
    mails.intake.ledger.expire(mails.intake.clock.now())
    assert {each.state for each in mails.intake.alerts()} == {"resolved"}


def test_html_is_reduced_to_its_text_and_plain_text_is_preferred(mails: Mails):
    page = (
        "<html><style>p{}</style><script>steal()</script><p>Down <b>since</b> 3 &amp; 4</p><p>now</p></html>"
    )
    both = mail("Both", "the plain words")
    both.add_alternative(page, subtype="html")
    mails.send(both)
    assert mails.alert.annotations["description"] == "the plain words"
    only = mail("Only")
    only.set_content(page, subtype="html")
    mails.send(only)
    found = {each.name: each.annotations["description"] for each in mails.intake.alerts()}
    assert found["Only"] == "Down since 3 & 4\nnow"


def test_an_attachment_is_not_what_the_mail_says(mails: Mails):
    made = mail("Report", "see the file")
    made.add_attachment("secret numbers", filename="a.txt")
    mails.send(made)
    assert mails.alert.annotations["description"] == "see the file"


def test_a_subject_is_one_readable_line_whatever_stands_in_it(mails: Mails):
    raw = (
        b"From: =?utf-8?q?Monit=C3=B6r?= <m@example.com>\r\n"
        b"Subject: =?utf-8?b?5ZWG5bqX5pqC5YGc?=\r\n =?utf-8?q?=0D=0ABcc:_x=40example.com=1B=5B31m?=\r\n\r\ntext\r\n"
    )
    mails.send(raw)
    assert mails.alert.name == "商店暂停 Bcc: x@example.com[31m"


def test_a_mail_of_a_list_says_which(mails: Mails):
    mails.send(mail("Disk full", List_Id="Ops <ops.example.com>"))
    assert mails.alert.labels["list"] == "Ops <ops.example.com>"


def test_a_mail_may_come_by_http_as_well(mails: Mails):
    heard = mails.intake.send(
        "POST", "/in/in_email/email", mail(DOWN).as_bytes(), {"Content-Type": "message/rfc822"}
    )
    assert heard.status == 202
    assert mails.alert.name == DOWN


# Who may write, and to whom


def test_a_recipient_is_a_key_or_its_alias(mails: Mails):
    mails.told(alias="uptime-7f3a")
    assert mails.send(mail("A"), to="uptime-7f3a@alerts.example.com")[0] == 250
    assert mails.send(mail("B"), to="Uptime-7F3A@Alerts.Example.Com")[0] == 250
    assert mails.send(mail("C"))[0] == 250
    assert len(mails.intake.alerts()) == 3


@pytest.mark.parametrize(
    "to",
    [
        "nobody@alerts.example.com",
        "in_email@other.example.com",
        "in_webhook@alerts.example.com",
        "in_email",
        "x" * 300,
    ],
)
def test_anybody_else_is_refused_while_the_sender_listens(mails: Mails, to: str):
    assert mails.send(mail(DOWN), to=to)[0] == 550
    assert mails.intake.alerts() == []


def test_who_guesses_recipients_is_sent_away(mails: Mails):
    with mails.session() as session:
        session.helo("guesser")
        session.mail("a@b.example")
        codes = [session.rcpt(f"guess{each}@alerts.example.com")[0] for each in range(7)]
    assert codes == [550] * 5 + [421] * 2


def test_a_key_may_take_mail_of_some_alone(mails: Mails):
    mails.told(senders=["*@uptimerobot.com"])
    assert mails.send(mail(DOWN))[0] == 250
    code, words = mails.send(mail("Buy now", sender="Spam <offer@spam.example>"))
    assert (code, "mail of this sender is not taken" in words) == (550, True)
    assert len(mails.intake.alerts()) == 1


@pytest.mark.parametrize(
    ("headers", "by"),
    [
        ({"Auto_Submitted": "auto-replied"}, "mei@example.com"),
        ({"X_Autoreply": "yes"}, "mei@example.com"),
        ({"Precedence": "auto_reply"}, "mei@example.com"),
        ({"X_Failed_Recipients": "a@b.example"}, "mei@example.com"),
        ({}, ""),
    ],
)
def test_automatic_replies_and_bounces_are_taken_and_ignored(mails: Mails, headers: dict[str, str], by: str):
    assert mails.send(mail("Out of office", **headers), by=by)[0] == 250
    assert mails.intake.alerts() == []


def test_a_delivery_report_is_ignored_and_a_generated_mail_is_not(mails: Mails):
    report = b"From: x@y.example\r\nSubject: Undelivered\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b--"
    assert mails.send(report)[0] == 250
    assert mails.intake.alerts() == []
    mails.send(mail("Cron <root@db1> backup", Auto_Submitted="auto-generated"))
    assert mails.alert.state == "firing"


# Bad days


def test_a_mail_that_cannot_be_stored_is_to_come_again(mails: Mails, monkeypatch: pytest.MonkeyPatch):
    def away(*_: Any) -> Any:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(mails.intake.ledger, "entry", away)
        assert mails.send(mail(DOWN))[0] == 451
    assert mails.send(mail(DOWN))[0] == 250
    assert mails.alert.state == "firing"


def test_a_key_that_cannot_be_looked_up_is_to_be_asked_for_again(
    mails: Mails, monkeypatch: pytest.MonkeyPatch
):
    def away(_: str) -> Any:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(mails.postbox, "_find", away)
    assert mails.send(mail(DOWN))[0] == 451


def _nested(depth: int) -> bytes:
    return b"Subject: bomb\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (each, each)
        for each in range(depth)
    )


PARTS = b"Subject: bomb\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
BOMBS = {
    "a thousand parts": PARTS + b"--b\r\n\r\nx\r\n" * 1_000,
    "a hundred thousand parts": PARTS + b"--b\r\n\r\n" * 100_000,
    "nested a thousand deep": _nested(1_000),
    "mails in mails": b"Subject: bomb\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "empty lines": b"Subject: bomb\r\n\r\n" + b"\r\n" * 400_000,
    "words of no charset": b"Subject: bomb =?x-none?b?////?= =?utf-7?q?+AAAA?= =?idna?q?xn--?=\r\n\r\nx\r\n",
    "encoded words without end": b"Subject: bomb " + b"=?a?q?" * 4_000 + b"\r\n\r\nx\r\n",
    "parameters without end": b"Subject: bomb\r\nContent-Type: text/plain; " + b'";' * 15_000 + b"\r\n\r\nx\r\n",
    "a part's parameters without end": b"Subject: bomb\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain; " + b'"; ' * 15_000 + b"\r\n\r\nx\r\n--b--\r\n",
    "brackets": b"Subject: bomb\r\nFrom: " + b"(<" * 5_000 + b"\r\n\r\nx\r\n",
    "a date of nowhere": b"Subject: bomb\r\nDate: Fri, 99 Zzz 99999 99:99:99 +9999\r\n\r\nx\r\n",
    "bytes of no encoding": b"Subject: bomb \xff\xfe\xe9\r\nFrom: \xff@\xfe\r\n\r\n\xff\xfe\x00\x01 caf\xe9\r\n",
    "html a hundred thousand deep": b"Subject: bomb\r\nContent-Type: text/html\r\n\r\n" + b"<div>\r\n" * 49_000,
    "a charset that takes its time": b"Subject: bomb\r\nContent-Type: text/plain; charset=punycode\r\n\r\n"
    + b"a-b\r\n" * 30_000,
    "base64 of nothing": b"Subject: bomb\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"AAA=\r\n" * 40_000,
}  # fmt: skip


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS.keys())
def test_a_mail_that_is_a_bomb_is_an_alert_like_any_other(mails: Mails, raw: bytes):
    assert mails.send(raw)[0] == 250
    assert mails.alert.name.startswith("bomb")
    assert mails.send(mail(DOWN))[0] == 250


def test_headers_beyond_the_bounds_are_refused_for_good(mails: Mails):
    raw = (
        b"Subject: x\r\n"
        + b"".join(b"X-%d: %s\r\n" % (each, b"y" * 500) for each in range(100))
        + b"\r\nx\r\n"
    )
    code, words = mails.send(raw)
    assert (code, "headers" in words) == (554, True)


def test_a_mail_beyond_the_size_is_refused_and_the_session_goes_on(mails: Mails):
    mails.current.swap(mails.section(size=20_000))
    mails.postbox.tick()
    with mails.session() as session:
        session.ehlo()
        assert int(session.esmtp_features["size"]) == 20_000
        with pytest.raises(smtplib.SMTPSenderRefused):
            session.sendmail(
                "a@b.example", ["in_email@alerts.example.com"], b"Subject: x\r\n\r\n" + b"y\r\n" * 20_000
            )
        session.rset()
        session.sendmail("a@b.example", ["in_email@alerts.example.com"], mail(DOWN).as_bytes())
    assert mails.alert.name == DOWN


def test_a_line_without_an_end_is_not_kept_for_ever(mails: Mails):
    assert mails.postbox.port
    with socket.create_connection(("127.0.0.1", mails.postbox.port), timeout=20) as wire:
        wire.sendall(
            b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<in_email@alerts.example.com>\r\nDATA\r\n"
        )
        cut_off = False
        try:
            for _ in range(4_000):
                wire.sendall(b"x" * 65_536)
        except ConnectionError:
            cut_off = True
        assert cut_off, "256 MB of one line were taken"
    assert mails.send(mail(DOWN))[0] == 250


def test_more_sessions_than_there_is_room_for_are_told_to_come_later(mails: Mails):
    assert mails.postbox.port
    held = [
        socket.create_connection(("127.0.0.1", mails.postbox.port), timeout=20) for _ in range(CONNECTIONS)
    ]
    try:
        for each in held:
            assert each.recv(100).startswith(b"220")
        with socket.create_connection(("127.0.0.1", mails.postbox.port), timeout=20) as late:
            said = b""
            while data := late.recv(1_000):
                said += data
            assert b"421" in said
    finally:
        for each in held:
            each.close()
    # The places are free again as soon as the server has noticed.
    for _ in range(200):
        try:
            assert mails.send(mail(DOWN))[0] == 250
            break
        except (smtplib.SMTPException, OSError):
            continue
    assert mails.alert.name == DOWN


def test_nobody_listens_unless_it_is_configured_and_a_reload_moves_the_listener(intake: Any, tmp_path: Path):
    mails = Mails(intake, tmp_path)
    first = mails.postbox.port
    mails.current.swap(EmailSection())
    mails.postbox.tick()
    assert mails.postbox.port is None
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", first or 0), timeout=5)
    mails.current.swap(mails.section(domains=[]))
    mails.postbox.tick()
    assert mails.send(mail(DOWN), to="in_email@anywhere.example")[0] == 250
    mails.postbox.stop()


def test_a_port_that_is_taken_is_tried_again(intake: Any, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        mails = Mails(intake, tmp_path)
        mails.current.swap(mails.section(port=other.getsockname()[1]))
        mails.postbox.tick()
        assert mails.postbox.port is None
        port = other.getsockname()[1]
    intake.clock.tick(6)
    mails.postbox.tick()
    assert mails.postbox.port == port
    mails.postbox.stop()


def test_mail_is_taken_over_tls_alone_where_that_is_asked_for(intake: Any, tmp_path: Path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    mails = Mails(intake, tmp_path)
    mails.current.swap(mails.section(certificate="cert.pem", key="key.pem", require_tls=True))
    mails.postbox.tick()
    assert mails.send(mail(DOWN))[0] == 530
    with mails.session() as session:
        session.starttls(context=ssl.create_default_context(cafile=tmp_path / "cert.pem"))
        session.sendmail("a@b.example", ["in_email@alerts.example.com"], mail(DOWN).as_bytes())
    assert mails.alert.name == DOWN
    mails.postbox.stop()


def test_the_address_that_is_a_key_stands_in_no_log_and_in_no_alert(
    mails: Mails, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    caplog.set_level("DEBUG")
    mails.send(mail(DOWN))
    mails.send(mail("Out of office", Auto_Submitted="auto-replied"))
    assert "in_email" not in caplog.text + "".join(capsys.readouterr())
    assert "in_email" not in str(mails.alert)


# Reading


def test_subjects_that_differ_in_state_are_about_one_thing():
    assert thread_of("Re: [RESOLVED] Shop is UP") == thread_of("Shop is DOWN") == "shop"
    assert thread_of("Disk 95 % on db1") != thread_of("Disk 95 % on db2")
    assert thread_of("DOWN") == "down"


def test_the_text_of_a_page_is_read_in_lines():
    assert text_of("<h1>Shop</h1><p>is&nbsp;down<br>since 3</p>\n\n\n<!-- x --><p>a &lt;b&gt;</p>") == (
        "Shop\nis down\nsince 3\n\na <b>"
    )


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n\r\n", b":", b"\x00", b" folded\n", b"Subject\n\n"])
def test_what_is_hardly_a_mail_is_read_as_an_empty_one(raw: bytes):
    assert read_mail(raw).subject == ""
