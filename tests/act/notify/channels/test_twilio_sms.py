"""A text says what it must in as few messages as were allowed, and what comes back is Twilio's."""

from __future__ import annotations

import pytest

from tocsin.act.notify import Message
from tocsin.act.notify.channels.twilio_sms import TwilioSmsSettings, compose
from tocsin.act.notify.segments import is_basic, segments
from tocsin.act.notify.twilio import signature

LINK = "https://tocsin.example.com/a/ZGx2XzE"


def test_the_signature_is_that_of_the_published_example():
    # twilio.com/docs/usage/webhooks/webhooks-security
    form = [
        ("CallSid", "CA1234567890ABCDE"), ("From", "+12349013030"), ("To", "+18005551212"),
        ("Caller", "+12349013030"), ("Digits", "1234"),
    ]  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("商" * 70, 1),
        ("商" * 71, 2),
        ("a" * 69 + "…", 1),
        ("a" * 70 + "…", 2),
        ("🛒" * 35, 1),
        ("🛒" * 36, 2),
    ],
)
def test_messages_are_counted_as_networks_count_them(text: str, expected: int):
    assert segments(text) == expected


@pytest.mark.parametrize("most", [2, 3, 6])
@pytest.mark.parametrize("word", ["disk full ", "磁碟已滿 "])
def test_a_long_text_fits_and_keeps_its_digits_and_its_link(most: int, word: str):
    page = Message(kind="page", subject=word * 40, lines=(word * 100,), link=LINK, code="4821", language="en")
    text = compose(page, most)
    assert segments(text) <= most
    assert text.endswith(f"Reply 4821 to acknowledge\n{LINK}")
    assert text.startswith(word.strip())


def test_a_cut_does_not_make_a_plain_text_count_double():
    page = Message(kind="page", subject="disk full " * 19, lines=("x" * 900,), link=LINK, code="4821")
    text = compose(page, 3)
    assert is_basic(text)
    assert "..." in text
    assert len(text) > 400


def test_one_sender_is_needed():
    account = {"account_sid": "AC" + "0" * 32}
    for wrong in ({}, {"from": "+15005550006", "messaging_service_sid": "MG1"}):
        with pytest.raises(ValueError, match="one of from and messaging_service_sid"):
            TwilioSmsSettings.model_validate(account | wrong)
