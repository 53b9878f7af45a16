"""What Apprise sends goes through the one client; what cannot is refused, with a cure."""

from __future__ import annotations

import json
import sys

import pytest
import requests
from provider import Reply

from tocsin.act.notify import DeliveryFailed, Message
from tocsin.act.notify.requests_transport import stand_in

PAGE = Message(kind="page", subject="[P0] Shop", lines=("Service: Shop",), link="https://t.example.com/a/abc")


def failure(channel, address: str, monkeypatch: pytest.MonkeyPatch) -> DeliveryFailed:
    monkeypatch.setenv("APPRISE_URL", address)
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(PAGE, channel.room, "key")
    return failed.value


@pytest.mark.parametrize(
    ("address", "cure"),
    [
        ("mailto://user:canary@example.com", "Use a channel of the kind email"),
        ("irc://canary@127.0.0.1/room", "Choose a service that is reached by HTTP"),
        ("rsyslog://127.0.0.1/local5", "Choose a service that is reached by HTTP"),
    ],
)
def test_a_service_that_opens_connections_of_its_own_is_refused(
    speaking, monkeypatch: pytest.MonkeyPatch, address: str, cure: str
):
    channel, _ = speaking("apprise")
    failed = failure(channel, address, monkeypatch)
    assert failed.permanent
    assert cure in failed.message
    assert "canary" not in failed.message


@pytest.mark.parametrize("address", ["nonsense", "nosuch://canary/x", "pover://", ""])
def test_an_address_that_apprise_does_not_know_is_final(
    speaking, monkeypatch: pytest.MonkeyPatch, address: str
):
    channel, _ = speaking("apprise")
    failed = failure(channel, address, monkeypatch)
    assert failed.permanent
    assert "canary" not in failed.message


def test_a_metadata_service_is_out_of_reach_for_apprise_too(speaking, monkeypatch: pytest.MonkeyPatch):
    channel, _ = speaking("apprise")
    failed = failure(channel, "json://169.254.169.254/latest", monkeypatch)
    assert failed.permanent


def test_redirects_are_not_followed(speaking):
    channel, service = speaking("apprise")
    service.trouble.append(Reply(status=307, headers={"Location": f"{service.url}/elsewhere"}))
    with pytest.raises(DeliveryFailed):
        channel.send(PAGE, channel.room, "key")
    assert len(service.requests) == 1


def test_the_module_that_services_use_is_ours_and_that_of_others_is_not(speaking):
    channel, _ = speaking("apprise")
    channel.send(PAGE, channel.room, "key")
    plugin = sys.modules["apprise.plugins.custom_json"]
    assert plugin.requests is stand_in()
    assert plugin.requests.post is not requests.post
    assert sys.modules["requests"] is requests


def test_outside_of_an_attempt_nothing_leaves():
    with pytest.raises(requests.ConnectionError, match="no attempt is under way"):
        stand_in().get("http://127.0.0.1:9/")


def test_the_link_stands_on_a_line_of_its_own(speaking):
    channel, service = speaking("apprise")
    channel.send(PAGE, channel.room, "key")
    assert json.loads(service.requests[-1].body)["message"].splitlines()[-1] == PAGE.link
