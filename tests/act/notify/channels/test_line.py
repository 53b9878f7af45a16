"""LINE drops repetitions by its retry key, answers in the chat, and has a quota that ends with the month."""

from __future__ import annotations

import pytest
from provider import Reply
from providers.line import USER

from tocsin.act.notify import DeliveryFailed, Message

PAGE = Message(
    kind="page",
    subject="[P0] Shop",
    lines=("Service: Shop",),
    link="https://tocsin.example.com/a/abc",
    link_label="確認",
    page_link="https://tocsin.example.com/incidents/INC-2026-0001",
    delivery="dlv_1",
    language="zh_Hant",
)


def buttons(line) -> list[dict[str, str]]:
    [message] = line.requests[-1].json["messages"]
    return [each["action"] for each in message["contents"]["footer"]["contents"]]


def test_a_repetition_that_line_has_seen_counts_as_sent(speaking):
    channel, line = speaking("line")
    assert channel.send(PAGE, USER, "key") == "1"
    channel.send(PAGE, USER, "key")
    assert {request.headers["x-line-retry-key"] for request in line.requests} == {
        line.requests[0].headers["x-line-retry-key"]
    }


def test_a_page_is_acknowledged_by_a_button(speaking):
    channel, line = speaking("line")
    channel.send(PAGE, USER, "key")
    acknowledge, escalate, incident = buttons(line)
    assert acknowledge["data"] == "do=ack&delivery=dlv_1"
    assert escalate["data"] == "do=esc&delivery=dlv_1"
    assert incident["uri"] == PAGE.page_link


def test_without_the_secret_the_button_opens_the_signed_page(speaking):
    channel, line = speaking("line", secret=None)
    channel.send(PAGE, USER, "key")
    assert buttons(line) == [{"type": "uri", "label": "確認", "uri": PAGE.link}]


def test_the_person_is_answered_in_the_chat(speaking):
    channel, line = speaking("line")
    call = line.calls("https://tocsin.example.com/channels/line")[1][0]
    assert channel.hear(call).told(("Acknowledged.", "There is none.")) == b"{}"
    assert [each["messages"][0]["text"] for each in line.replies] == ["Acknowledged.", "There is none."]


def test_an_answer_that_does_not_arrive_takes_nothing_back(speaking):
    channel, line = speaking("line")
    line.refuse(500)
    call = line.calls("https://tocsin.example.com/channels/line")[2][0]
    assert channel.hear(call).told(("Done.",)) == b"{}"


def test_the_next_channel_is_used_when_the_months_quota_is_spent(speaking):
    channel, line = speaking("line")
    line.trouble.append(Reply.of({"message": "You have reached your monthly limit."}, status=429))
    with pytest.raises(DeliveryFailed, match="monthly limit") as failed:
        channel.send(PAGE, USER, "key")
    assert failed.value.permanent
