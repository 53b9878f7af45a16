"""DingTalk answers 200 to everything: what it means stands in `errcode`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from provider import Person, Reply

from tocsin.act.notify import DeliveryFailed, Message

PAGE = Message(
    kind="page",
    subject="[P0] 商店",
    lines=("服務：商店",),
    language="zh_Hant",
    link="https://tocsin.example.com/incidents/INC-2026-0001",
    link_label="開啟事故",
)


@pytest.mark.parametrize(
    ("code", "text", "permanent", "wait"),
    [
        (-1, "系统繁忙", False, 60),
        (130101, "send too fast, exceed 20 times per minute", False, 60),
        (410100, "发送速度太快而限流", False, 60),
        (310000, "keywords not in content", True, None),
        (300005, "token is not exist", True, None),
        (400102, "机器人已停用", True, None),
    ],
)
def test_the_code_decides(speaking, code: int, text: str, permanent: bool, wait: float | None):
    channel, dingtalk = speaking("dingtalk")
    dingtalk.trouble.append(Reply.of({"errcode": code, "errmsg": text}))
    with pytest.raises(DeliveryFailed, match=f"errcode {code}") as failed:
        channel.send(PAGE, channel.room, "key")
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, wait)


def test_a_wait_that_dingtalk_names_is_kept(speaking):
    channel, dingtalk = speaking("dingtalk")
    dingtalk.trouble.append(Reply.of({"errcode": 130101, "errmsg": "send too fast", "wait": 5}))
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(PAGE, channel.room, "key")
    assert failed.value.retry_after == 5


def test_an_answer_that_says_nothing_is_no_acceptance(speaking):
    channel, dingtalk = speaking("dingtalk")
    dingtalk.trouble.append(Reply(body=b"<html>login</html>"))
    with pytest.raises(DeliveryFailed):
        channel.send(PAGE, channel.room, "key")


def test_a_wrong_key_is_final(speaking, monkeypatch: pytest.MonkeyPatch):
    channel, _ = speaking("dingtalk")
    monkeypatch.setenv("DINGTALK_SECRET", "SECother")
    with pytest.raises(DeliveryFailed, match="sign not match") as failed:
        channel.send(PAGE, channel.room, "key")
    assert failed.value.permanent


def test_who_is_paged_is_called_by_their_mobile_number(speaking):
    channel, dingtalk = speaking("dingtalk")
    assert channel.mention(Person(phone="+8613900000000")) == "@13900000000"
    mentions = (channel.mention(dingtalk.person), channel.mention(Person(name="@all", phone=None)))
    channel.send(replace(PAGE, mentions=mentions), channel.room, "key")
    assert dingtalk.seen[-1].called == ("13800000000",)


def test_a_message_that_calls_nobody_is_a_card_with_a_button(speaking):
    channel, dingtalk = speaking("dingtalk")
    channel.send(PAGE, channel.room, "key")
    body = dingtalk.requests[-1].json
    assert body["msgtype"] == "actionCard"
    assert body["actionCard"]["btns"] == [{"title": "開啟事故", "actionURL": PAGE.link}]
