"""A call is spoken in the person's language, twice, and takes a key."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from provider import Provider, provider_of

from tocsin.act.notify import Message
from tocsin.act.notify.channels.twilio_voice import TwilioVoice, TwilioVoiceSettings
from tocsin.ground.kernel.outbound import Outbound

CALLBACK = "https://tocsin.example.com/channels/phone"


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider_of("twilio_voice") as server:
        for name, value in server.secrets.items():
            monkeypatch.setenv(name, value)
        yield server


def spoken(twilio: Provider, message: Message, outbound: Outbound, **changes: object) -> ElementTree.Element:
    settings = TwilioVoiceSettings.model_validate(twilio.settings() | changes)
    TwilioVoice(settings, outbound).send(message, "+886912345678", "key")
    return ElementTree.fromstring(twilio.requests[-1].form["Twiml"])


def test_a_page_is_read_out_twice_and_asks_for_a_key(twilio: Provider, outbound: Outbound):
    page = Message(
        kind="page", subject="[P0] Shop & Co", lines=("Service: Shop",), delivery="dlv_1", callback=CALLBACK
    )
    document = spoken(twilio, page, outbound)
    [gather] = document.iter("Gather")
    assert gather.attrib["action"] == f"{CALLBACK}/digits?delivery=dlv_1&language=en"
    said = [each.text for each in gather.iter("Say")]
    assert said.count("[P0] Shop & Co") == 2
    assert said[-1] == "Press 4 to acknowledge. Press 6 to call the next step."
    assert twilio.requests[-1].form["StatusCallback"] == f"{CALLBACK}/status?delivery=dlv_1"


def test_it_speaks_chinese_to_who_reads_chinese(twilio: Provider, outbound: Outbound):
    page = Message(kind="page", subject="商店", lines=(), language="zh_Hant", callback=CALLBACK)
    said = list(spoken(twilio, page, outbound).iter("Say"))
    assert {each.attrib["language"] for each in said} == {"cmn-TW"}
    assert any("4" in (each.text or "") and "Press" not in (each.text or "") for each in said)


def test_where_nothing_can_be_heard_back_it_only_tells(twilio: Provider, outbound: Outbound):
    page = Message(kind="page", subject="Shop", lines=(), callback=CALLBACK, delivery="dlv_1")
    document = spoken(twilio, page, outbound, **twilio.unsigned)
    assert not list(document.iter("Gather"))
    assert "StatusCallback" not in twilio.requests[-1].form


def test_the_voice_can_be_another(twilio: Provider, outbound: Outbound):
    page = Message(kind="page", subject="Shop", lines=())
    document = spoken(twilio, page, outbound, voices={"en": "Polly.Amy"})
    assert {each.attrib["voice"] for each in document.iter("Say")} == {"Polly.Amy"}
