"""GitHub's limits: it says 403, and when to come again."""

from __future__ import annotations

import time

import pytest
from provider import Reply

from tocsin.act.notify import DeliveryFailed, Message

PAGE = Message(kind="page", subject="Shop", lines=(), incident="INC-2026-0001")


def test_a_limit_that_is_used_up_is_waited_for(speaking):
    channel, github = speaking("github")
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 120)}
    github.trouble.append(Reply.of({"message": "API rate limit exceeded"}, status=403, **headers))
    with pytest.raises(DeliveryFailed, match="rate limit") as failed:
        channel.send(PAGE, channel.room, "key")
    assert not failed.value.permanent
    assert 60 < failed.value.retry_after <= 120


def test_a_secondary_limit_is_waited_for(speaking):
    channel, github = speaking("github")
    limit = {"message": "You have exceeded a secondary rate limit"}
    github.trouble.append(Reply.of(limit, status=403, **{"Retry-After": "60"}))
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(PAGE, channel.room, "key")
    assert not failed.value.permanent
    assert failed.value.retry_after == 60


def test_a_token_that_may_not_is_final(speaking):
    channel, github = speaking("github")
    github.trouble.append(Reply.of({"message": "Resource not accessible"}, status=403))
    with pytest.raises(DeliveryFailed, match="not accessible") as failed:
        channel.send(PAGE, channel.room, "key")
    assert failed.value.permanent
