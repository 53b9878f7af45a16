"""Buttons on a page, what becomes of the message when one is pressed, and how long Telegram wants to be left alone."""

from __future__ import annotations

import json

import pytest
from provider import Reply
from providers.telegram import CHAT

from tocsin.act.notify import DeliveryFailed, Message

PAGE = Message(
    kind="page",
    subject="[P0] Shop",
    lines=("Service: Shop",),
    link="https://tocsin.example.com/a/abc",
    link_label="Acknowledge",
    page_link="https://tocsin.example.com/incidents/INC-2026-0001",
    delivery="dlv_1",
)


def test_a_page_has_buttons_in_the_persons_language(speaking):
    channel, telegram = speaking("telegram")
    assert channel.send(PAGE, CHAT, "key") == f"{CHAT}:1"
    [[acknowledge, escalate], [incident]] = telegram.requests[-1].json["reply_markup"]["inline_keyboard"]
    assert acknowledge == {"text": "Acknowledge", "callback_data": "ack:dlv_1"}
    assert escalate["callback_data"] == "esc:dlv_1"
    assert incident["url"] == PAGE.page_link


def test_without_a_word_to_prove_its_calls_the_button_opens_the_signed_page(speaking):
    channel, telegram = speaking("telegram", webhook_secret=None)
    channel.send(PAGE, CHAT, "key")
    [[button]] = telegram.requests[-1].json["reply_markup"]["inline_keyboard"]
    assert button == {"text": "Acknowledge", "url": PAGE.link}


def test_a_link_that_telegram_would_refuse_as_a_button_stands_in_the_text(speaking):
    channel, telegram = speaking("telegram", webhook_secret=None)
    page = Message(
        kind="page", subject="Shop", lines=(), link="http://localhost:9911/a/abc", link_label="Ack"
    )
    channel.send(page, CHAT, "key")
    body = telegram.requests[-1].json
    assert "reply_markup" not in body
    assert body["text"].endswith("http://localhost:9911/a/abc")


def test_later_messages_of_an_incident_answer_the_first(speaking):
    channel, telegram = speaking("telegram")
    channel.send(Message(kind="notice", subject="Shop", lines=(), thread=f"{CHAT}:12"), CHAT, "key")
    assert telegram.requests[-1].json["reply_parameters"]["message_id"] == 12


def test_who_presses_sees_what_came_of_it_and_the_buttons_go(speaking):
    channel, telegram = speaking("telegram")
    [(call, _), *_] = telegram.calls("https://tocsin.example.com/channels/telegram")
    heard = channel.hear(call)
    answer = json.loads(heard.told(("Acknowledged: INC-2026-0001.",)))
    assert answer == {
        "method": "answerCallbackQuery",
        "callback_query_id": "q1",
        "text": "Acknowledged: INC-2026-0001.",
    }
    [edited] = telegram.edited
    assert edited["text"] == "[P0] Shop\n\n✓ Acknowledged: INC-2026-0001."
    assert "reply_markup" not in edited


def test_a_message_that_cannot_be_changed_any_more_takes_nothing_back(speaking):
    channel, telegram = speaking("telegram")
    [(call, _), *_] = telegram.calls("https://tocsin.example.com/channels/telegram")
    telegram.refuse(400)
    assert b"answerCallbackQuery" in channel.hear(call).told(("Done.",))


def test_telegram_says_how_long_to_wait_in_a_field_of_its_own(speaking):
    channel, telegram = speaking("telegram")
    telegram.trouble.append(
        Reply.of({"ok": False, "error_code": 429, "parameters": {"retry_after": 35}}, status=429)
    )
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(PAGE, CHAT, "key")
    assert not failed.value.permanent
    assert failed.value.retry_after == 35


def test_who_blocked_the_bot_is_told_in_telegrams_words(speaking):
    channel, telegram = speaking("telegram")
    telegram.trouble.append(
        Reply.of(
            {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"},
            status=403,
        )
    )
    with pytest.raises(DeliveryFailed, match="bot was blocked by the user") as failed:
        channel.send(PAGE, CHAT, "key")
    assert failed.value.permanent


def test_a_group_is_one_address_and_calls_people_by_their_number(speaking):
    channel, telegram = speaking("telegram", chat=CHAT)
    assert channel.room == CHAT
    assert channel.mention(telegram.person) == '<a href="tg://user?id=1234567">Mei-Ling Chen</a>'
    called = Message(kind="page", subject="Shop", lines=(), mentions=(channel.mention(telegram.person),))
    channel.send(called, CHAT, "key")
    assert "tg://user?id=1234567" in telegram.seen[-1].links
