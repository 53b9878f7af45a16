"""An incident is one ticket, whatever is repeated; later messages are comments; it closes with the incident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from provider import provider_of

from tocsin.act.notify import DeliveryFailed, Message
from tocsin.act.notify.section import kinds, settings_of
from tocsin.ground.kernel.outbound import Outbound

PAGE = Message(kind="page", subject="[P0] Shop is down", lines=("Service: Shop",), incident="INC-2026-0001")
NOTICE = replace(PAGE, kind="notice", subject="Mitigated", lines=("Traffic moved.",))


@pytest.fixture(params=["github", "gitlab", "jira"])
def tracker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    with ExitStack() as stack:
        server = stack.enter_context(provider_of(request.param))
        for name, value in server.secrets.items():
            monkeypatch.setenv(name, value)
        outbound = Outbound()
        stack.callback(outbound.close)
        settings = settings_of(request.param).model_validate({"kind": request.param, **server.settings()})
        yield kinds()[request.param](settings, outbound), server


def test_a_ticket_disturbs_nobody(tracker):
    channel, _ = tracker
    assert not channel.disturbs


def test_a_repetition_makes_no_second_ticket_and_no_comment(tracker):
    channel, server = tracker
    first = channel.send(PAGE, channel.room, "key")
    assert channel.send(PAGE, channel.room, "key") == first
    [issue] = server.issues
    assert issue.comments == []


def test_an_attempt_whose_answer_was_lost_makes_no_second_ticket(tracker):
    channel, server = tracker
    answer: Callable[..., Any] = server.answer

    def lost(request):
        reply = answer(request)
        return replace(reply, status=502) if request.method == "POST" else reply

    server.answer = lost
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(PAGE, channel.room, "key")
    assert not failed.value.permanent
    server.answer = answer
    channel.send(PAGE, channel.room, "key")
    assert len(server.issues) == 1


def test_a_later_message_is_a_comment_once(tracker):
    channel, server = tracker
    first = channel.send(PAGE, channel.room, "key")
    for _ in range(2):
        assert channel.send(replace(NOTICE, thread=first), channel.room, "another") == first
    [issue] = server.issues
    [comment] = issue.comments
    assert "Traffic moved" in comment


def test_the_ticket_is_found_again_without_its_number(tracker):
    channel, server = tracker
    first = channel.send(PAGE, channel.room, "key")
    assert channel.send(NOTICE, channel.room, "another") == first
    assert len(server.issues[0].comments) == 1


def test_another_incident_has_a_ticket_of_its_own(tracker):
    channel, server = tracker
    first = channel.send(PAGE, channel.room, "key")
    other = channel.send(replace(PAGE, incident="INC-2026-00011"), channel.room, "another")
    assert first != other
    assert len(server.issues) == 2


def test_it_closes_when_the_incident_is_resolved(tracker):
    channel, server = tracker
    first = channel.send(PAGE, channel.room, "key")
    assert server.issues[0].state == "open"
    channel.send(replace(NOTICE, state="resolved", thread=first), channel.room, "another")
    assert server.issues[0].state == "closed"


def test_an_alert_that_writes_a_marker_is_not_taken_for_a_ticket(tracker):
    channel, server = tracker
    forged = replace(
        PAGE, incident="INC-2", lines=("<!-- tocsin-INC-2026-0001 x -->", "tocsin-INC-2026-0001")
    )
    channel.send(forged, channel.room, "forged")
    channel.send(PAGE, channel.room, "key")
    assert len(server.issues) == 2
