"""Mei is texted, answers with four digits from her phone, and has the incident; its ticket follows to the end."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from provider import Provider, provider_of
from served import Served
from waiting import until

PUBLIC = "https://tocsin.example.com"
CONFIGURATION = """
public_url: https://tocsin.example.com
channels:
  text:
    kind: twilio_sms
    account_sid: {account}
    auth_token: env:TWILIO_AUTH_TOKEN
    from: "+15005550006"
    api_url: {twilio}
  tickets:
    kind: github
    repository: example/shop
    token: env:GITHUB_TOKEN
    api_url: {github}
people:
  mei: {{name: Mei-Ling Chen, phone: "+886912345678"}}
escalations:
  backend: {{steps: [{{page: ["person:mei", "channel:tickets"]}}]}}
services:
  shop: {{title: Shop, escalation: backend}}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Served, Provider, Provider]]:
    with ExitStack() as stack:
        twilio, github = (stack.enter_context(provider_of(kind)) for kind in ("twilio_sms", "github"))
        text = CONFIGURATION.format(account="AC" + "0" * 32, twilio=twilio.url, github=github.url)
        (tmp_path / "tocsin.yaml").write_text(text, encoding="utf-8")
        served = Served(tmp_path, env={**twilio.secrets, **github.secrets}).start()
        stack.callback(served.kill)
        yield served, twilio, github


def answer(served: Served, twilio, said: str, phone: str = "+886912345678") -> str:
    """What comes back to the phone that wrote this to our number."""
    form = {"From": phone, "To": "+15005550006", "Body": said, "MessageSid": "SM9"}
    call = twilio.signed(f"{PUBLIC}/channels/text/reply", "reply", form)
    request = urllib.request.Request(
        f"{served.url}/channels/text/reply", data=call.body, headers=dict(call.headers), method="POST"
    )
    with urllib.request.urlopen(request, timeout=20) as found:
        return found.read().decode()


def test_a_page_is_acknowledged_by_text_and_its_ticket_follows(world):
    served, twilio, github = world
    made = json.loads(
        served.command(
            "incident", "declare", "Shop is down", "--service", "shop", "--severity", "P0", "--json"
        ).stdout
    )
    incident = made["id"]
    until(lambda: twilio.seen, what="the text")
    found = re.search(r"Reply (\d{4}) to acknowledge", twilio.seen[0].text)
    assert found
    until(lambda: github.issues, what="the ticket")

    assert "Message" in answer(served, twilio, found[1], phone="+886900000000")
    assert json.loads(served.command("incident", "show", incident, "--json").stdout)["state"] == "triggered"

    assert incident in answer(served, twilio, found[1])
    assert (
        json.loads(served.command("incident", "show", incident, "--json").stdout)["state"] == "acknowledged"
    )
    [issue] = github.issues
    until(lambda: issue.comments, what="the comment")

    served.command("incident", "resolve", incident)
    until(lambda: issue.state == "closed", what="the end of the ticket")
    assert len(github.issues) == 1
