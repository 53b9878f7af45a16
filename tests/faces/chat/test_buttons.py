"""Buttons: who has it, who cannot take it, whether a step may run; and messages that say what became of it."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from tocsin.act.notify import of_incident


def press(chat, message, action: str, user: str = "U0MEI") -> str:
    """Presses, and returns what the person is told."""
    before = len(chat.slack.answers)
    payload = json.dumps(chat.slack.press_payload(message, action, user))
    answer = chat.post("interactions", urlencode({"payload": payload}))
    assert (answer.status_code, answer.content) == (200, b"")
    told = chat.slack.answers[before:]
    return told[0].body["text"] if told else ""


def paged(chat):
    """An incident, and the page about it."""
    made = chat.declared()
    chat.app.triage.step()
    chat.paged()
    assert chat.slack.messages, "nobody was paged"
    return made, chat.slack.messages[0]


def waiting(chat, made, level: str = "change", **more):
    """A run that waits for a vote."""
    from tocsin.ground.kernel.ids import new_id
    from tocsin.respond.runbooks import store

    run = chat.app.runs.start(made.id, "shop-down.md", "automatic", "person:mei")
    id_ = new_id("apr")
    asked = {
        "id": id_,
        "run": run.id,
        "step": "restart",
        "step_id": "s1",
        "title": "Restart the shop",
        "text": "systemctl restart shop",
        "text_hash": "h",
        "level": level,
        "role": "operator" if level == "change" else "approver",
        "kind": "approval",
        "requested_by": "run:x",
        "requested_at": chat.clock.now(),
        "state": "asked",
    }
    chat.app.store.write(lambda conn: store.ask(conn, **asked | more))
    return id_


def state(chat, request: str) -> str:
    with chat.app.store.read() as conn:
        return chat.app.runs.approval(conn, request).state


def test_whoever_presses_acknowledge_has_it_and_the_buttons_go(chat) -> None:
    made, page = paged(chat)
    assert "tocsin.acknowledge" in page.buttons
    told = press(chat, page, "tocsin.acknowledge")
    assert made.id in told
    assert chat.incident(made.id).acknowledged_by == "mei"
    chat.app.tidy.now(made.id)
    assert list(page.buttons) == ["tocsin.open"]
    assert "Acknowledged by Mei-Ling Chen" in page.said
    assert "Checkout is down" in page.said
    updates = page.updates
    chat.app.tidy.now(made.id)
    assert page.updates == updates, "what is true already is left alone"
    assert "Mei-Ling Chen has" in press_again(chat, page, made.id)


def press_again(chat, page, number: str) -> str:
    page.blocks.append(
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "tocsin.acknowledge", "value": number}],
        }
    )
    return press(chat, page, "tocsin.acknowledge", "U0JUN9")


def test_the_message_follows_the_incident_to_its_end_and_back(chat) -> None:
    made, page = paged(chat)
    chat.app.incidents.acknowledge(made.id, "person:jun")
    chat.app.tidy.now(made.id)
    assert "Acknowledged by Jun Wu" in page.said
    chat.app.incidents.unacknowledge(made.id, "not me", "person:jun")
    chat.app.tidy.now(made.id)
    assert "tocsin.acknowledge" in page.buttons, "somebody is wanted again"
    chat.app.incidents.resolve(made.id, "done", "person:jun")
    chat.app.tidy.now(made.id)
    assert list(page.buttons) == ["tocsin.open"]
    assert "Over" in page.said


def test_who_was_paged_may_say_that_they_have_it_without_an_account(chat) -> None:
    made, page = paged(chat)
    for name in ("mei", "jun"):
        chat.app.accounts.change_person(name, None)
    assert "account" in press(chat, page, "tocsin.acknowledge", "U0KIM"), "Kim was not paged"
    assert chat.incident(made.id).state == "triggered"
    press(chat, page, "tocsin.acknowledge", "U0MEI")
    assert chat.incident(made.id).acknowledged_by == "mei"


def test_a_stranger_presses_in_vain(chat) -> None:
    made, page = paged(chat)
    assert "slack: U0EVE" in press(chat, page, "tocsin.acknowledge", "U0EVE")
    assert "slack: U0EVE" in press(chat, page, "tocsin.escalate", "U0EVE")
    assert chat.incident(made.id).state == "triggered"


def test_who_cannot_take_it_calls_the_next_step(chat) -> None:
    made, page = paged(chat)
    told = press(chat, page, "tocsin.escalate")
    assert made.id in told
    chat.paged()
    with chat.app.store.read() as conn:
        assert "jun" in {each.person for each in of_incident(conn, made.id)}


def test_a_link_is_only_a_link(chat) -> None:
    _, page = paged(chat)
    assert press(chat, page, "tocsin.open") == ""


def test_a_button_of_something_that_is_gone_says_so(chat) -> None:
    _, page = paged(chat)
    page.buttons["tocsin.acknowledge"]["value"] = "INC-1999-0001"
    assert "no incident" in press(chat, page, "tocsin.acknowledge").lower()


# ── approvals ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_is_asked_where_the_incident_is_spoken_of_and_approved_by_button(chat) -> None:
    made, _ = paged(chat)
    room_page(chat, made)
    request = waiting(chat, made)
    for _ in range(2):
        chat.app.tidy.now(made.id)
    [asked] = [each for each in chat.slack.messages if "tocsin.approve" in each.buttons]
    assert asked.channel == "C0GENERAL"
    assert "systemctl restart shop" in asked.said
    assert asked.buttons["tocsin.approve"]["value"] == request
    assert "這需要角色 operator" in press(chat, asked, "tocsin.approve", "U0VIC"), "in Vic's language"
    assert "slack: U0EVE" in press(chat, asked, "tocsin.approve", "U0EVE")
    assert state(chat, request) == "asked"
    assert "Mei-Ling Chen approved" in press(chat, asked, "tocsin.approve")
    assert state(chat, request) == "given"
    chat.app.tidy.now(made.id)
    assert list(asked.buttons) == ["tocsin.open"]
    assert "Approved by Mei-Ling Chen" in asked.said
    asked.blocks.append(
        {"type": "actions", "elements": [{"type": "button", "action_id": "tocsin.deny", "value": request}]}
    )
    assert "already decided" in press(chat, asked, "tocsin.deny")


def room_page(chat, made) -> None:
    """The incident is paged to the room as well."""
    from tocsin.act.notify import Message, Route

    now = chat.clock.now()
    message = Message(kind="page", subject="down", lines=(), incident=made.id, person="jun", language="en")
    route = Route(channel="room", address="C0GENERAL")
    queued = chat.app.store.write(
        lambda conn: chat.app.deliveries.queue(
            conn,
            kind="page",
            cause="test",
            incident=made.id,
            person="jun",
            route=route,
            message=message,
            at=now,
            claimed=True,
        )
    )
    chat.app.deliveries.hand([queued])
    assert chat.app.deliveries.wait_idle(10)


def test_a_request_shows_what_the_page_shows_and_how_many_have_said_yes(chat) -> None:
    made, _ = paged(chat)
    room_page(chat, made)
    until = chat.clock.now() + timedelta(minutes=30)
    more = {"inputs": {"N": "<3>", "DIR": "/srv"}, "place": "stack", "quorum": 2, "expires_at": until}
    request = waiting(chat, made, **more)
    chat.app.tidy.now(made.id)
    [asked] = [each for each in chat.slack.messages if "tocsin.approve" in each.buttons]
    for part in ("systemctl restart shop", "N = <3>", "DIR = /srv", "stack", "changes something", "Asked by",
                 "0 of 2", "Can be answered until"):  # fmt: skip
        assert part in asked.said
    press(chat, asked, "tocsin.approve")
    chat.app.tidy.now(made.id)
    assert state(chat, request) == "asked"
    assert "1 of 2 (Mei-Ling Chen)" in asked.said
    assert "Approved by 1 of 2 people so far" in asked.said
    assert "tocsin.approve" in asked.buttons, "somebody else may still say yes"
    assert "voted" in press(chat, asked, "tocsin.approve")


@pytest.mark.parametrize(
    "more",
    [
        {"inputs": {f"V{number}": "x" * 300 for number in range(200)}},
        {"text": "echo " + "y" * 30_000},
        {"title": "z" * 5_000, "place": "p" * 5_000, "inputs": {"A": "&" * 9_000}},
    ],
)
def test_what_does_not_fit_is_read_on_the_page_and_never_refused_by_slack(chat, more) -> None:
    made, _ = paged(chat)
    room_page(chat, made)
    waiting(chat, made, **more)
    chat.app.tidy.now(made.id)
    [asked] = [each for each in chat.slack.messages if "tocsin.deny" in each.buttons]
    assert "tocsin.approve" not in asked.buttons, "nobody says yes to half a text"
    assert "read and approve it on the page" in asked.said


def test_a_request_that_nobody_needs_any_more_loses_its_buttons(chat) -> None:
    made, _ = paged(chat)
    room_page(chat, made)
    request = waiting(chat, made)
    chat.app.tidy.now(made.id)
    [asked] = [each for each in chat.slack.messages if "tocsin.deny" in each.buttons]
    with chat.app.store.read() as conn:
        run = chat.app.runs.approval(conn, request).run
    chat.app.runs.take_over(run, "person:jun")
    chat.app.tidy.now(made.id)
    assert list(asked.buttons) == ["tocsin.open"]
    assert "Nobody has to decide it any more" in asked.said


def test_what_destroys_is_not_approved_in_chat(chat) -> None:
    made, _ = paged(chat)
    room_page(chat, made)
    request = waiting(chat, made, "destroy")
    chat.app.tidy.now(made.id)
    [asked] = [each for each in chat.slack.messages if "tocsin.deny" in each.buttons]
    assert "tocsin.approve" not in asked.buttons
    told = chat.told(f"approve {request} it is right", "U0ANN")
    assert f"/incidents/{made.id}" in told
    assert state(chat, request) == "asked"
    press(chat, asked, "tocsin.deny", "U0ANN")
    assert state(chat, request) == "denied"


def test_the_only_request_need_not_be_named(chat) -> None:
    made, _ = paged(chat)
    assert "nothing waits" in chat.told("approve").lower()
    request = waiting(chat, made)
    other = waiting(chat, made)
    told = chat.told("approve")
    assert request in told
    assert other in told
    assert "Mei-Ling Chen refused" in chat.says(f"deny {other} not now")["text"]
    assert "Mei-Ling Chen approved" in chat.says(f"approve {made.id} go on")["text"]
    assert (state(chat, request), state(chat, other)) == ("given", "denied")


def test_a_responder_approves_nothing(chat) -> None:
    made, _ = paged(chat)
    request = waiting(chat, made)
    assert "operator" in chat.told(f"approve {request}", "U0JUN9")
    assert state(chat, request) == "asked"


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message"])
def test_a_message_that_is_gone_is_not_changed_for_ever(chat, error: str) -> None:
    made, _ = paged(chat)
    chat.app.incidents.acknowledge(made.id, "person:mei")
    chat.slack.fail("chat.update", error)
    chat.app.tidy.now(made.id)
    chat.app.tidy.now(made.id)
    assert len([1 for name, _ in chat.slack.calls if name == "chat.update"]) == 1


def test_where_slack_is_busy_the_rest_comes_later(chat) -> None:
    from tocsin.act.notify.slack_client import SlackFailed

    made, page = paged(chat)
    chat.app.incidents.acknowledge(made.id, "person:mei")
    chat.slack.fail("chat.update", status=429, retry_after=30)
    with pytest.raises(SlackFailed) as failed:
        chat.app.tidy.now(made.id)
    assert failed.value.retry_after == 30
    chat.app.tidy.now(made.id)
    assert "Acknowledged by" in page.said
