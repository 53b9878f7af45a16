"""A websocket leaves by the one outbound client: its address is judged, and who does not speak it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_stub import APP_TOKEN, SlackStub
from waiting import until

from tocsin.act.notify.slack_client import Slack
from tocsin.faces.chat.websocket import WebSocket
from tocsin.ground.kernel.outbound import Outbound, OutboundFailed, OutboundRefused


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    client = Outbound()
    yield client
    client.close()


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    stub = SlackStub()
    yield stub
    stub.stop()


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("ws://127.0.0.1:1/link", False),
        ("wss://127.0.0.1:1/link", False),
        ("wss://169.254.169.254/latest/meta-data", True),
        ("http://127.0.0.1:1/link", True),
        ("wss:///nowhere", True),
    ],
)
def test_an_address_that_may_not_be_is_refused(outbound: Outbound, url: str, trusted: bool) -> None:
    with pytest.raises(OutboundRefused):
        WebSocket(outbound, url, trusted=trusted)


def test_who_does_not_speak_websocket_is_told(outbound: Outbound, slack: SlackStub) -> None:
    where = slack.url.replace("http", "ws")
    with pytest.raises(OutboundFailed, match="answered 400"):
        WebSocket(outbound, f"{where}/link/?ticket=made-up", trusted=True)
    with pytest.raises(OutboundFailed, match="answered 404"):
        WebSocket(outbound, f"{where}/elsewhere", trusted=True)


def test_a_silent_line_is_pinged(outbound: Outbound, slack: SlackStub) -> None:
    url = Slack(outbound, APP_TOKEN, slack.api_url).open_socket()
    socket = WebSocket(outbound, url, trusted=True, quiet_s=1.2)
    heard = iter(socket.messages())
    assert "hello" in str(next(each for each in heard if each))
    far_end = slack.connected[-1]
    until(lambda: next(heard, "over") is None and far_end.pings, what="a ping")
    socket.close()
    assert not socket.say("too late")
    assert list(heard) == []
