"""`/tocsin …`: what each command does, who may, and what is said to those who may not."""

from __future__ import annotations

import pytest

from tocsin.act.notify import of_incident
from tocsin.ground import timeline


def test_an_incident_is_declared_for_everybody_to_see(chat) -> None:
    answer = chat.says("declare P1 service:shop Checkout &amp; cart are &lt;down&gt;")
    made = chat.only()
    assert (made.title, made.service) == ("Checkout & cart are <down>", "shop")
    assert answer["response_type"] == "in_channel"
    assert "Mei-Ling Chen declared" in answer["text"]
    assert "&lt;down&gt;" in answer["text"]
    assert f"<https://tocsin.example.com/incidents/{made.id}|{made.id}>" in answer["text"]


def test_the_level_is_known_by_its_name_in_any_case(chat) -> None:
    chat.says("declare p2 Search is slow")
    made = chat.only()
    assert (made.title, made.severity) == ("Search is slow", "P2")


def test_who_acknowledges_has_it(chat) -> None:
    made = chat.declared()
    answer = chat.says("ack", "U0JUN9")
    assert chat.incident(made.id).acknowledged_by == "jun"
    assert "Jun Wu has" in answer["text"]
    again = chat.says(f"ack {made.id}")
    assert "Jun Wu has" in again["text"], "whoever was first has it"


def test_several_open_incidents_have_to_be_named(chat) -> None:
    first, second = chat.declared("Checkout is down"), chat.declared("Search is slow")
    told = chat.told("resolve all is well")
    assert first.id in told
    assert second.id in told
    chat.says(f"resolve {second.id.lower()} all is well")
    assert chat.incident(first.id).is_open
    assert not chat.incident(second.id).is_open


def test_without_any_incident_one_is_told_how_to_declare(chat) -> None:
    assert "/tocsin declare" in chat.told("ack")


def test_a_war_room_means_its_own_incident(chat) -> None:
    from dataclasses import replace

    mine, _ = chat.declared("Checkout is down"), chat.declared("Search is slow")
    rooms = Rooms({"C0WAR": mine.id})
    chat.app.ear._context = replace(chat.app.talk, rooms=rooms)
    chat.says("ack", channel="C0WAR")
    assert chat.incident(mine.id).acknowledged_by == "mei"


class Rooms:
    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.said: list[tuple[str, str, str, str]] = []

    def incident_of(self, channel: str) -> str | None:
        return self.known.get(channel)

    def channel_of(self, incident: str) -> str | None:
        return next((channel for channel, each in self.known.items() if each == incident), None)

    def heard(self, channel: str, user: str, text: str, ts: str) -> None:
        self.said.append((channel, user, text, ts))


def test_the_severity_is_changed_with_a_reason(chat) -> None:
    made = chat.declared()
    levels = list(chat.app.current().policy(made.policy).levels)
    assert "needs a reason" in chat.told(f"severity {levels[1]}")
    answer = chat.says(f"severity {levels[1].lower()} only a few users")
    assert chat.incident(made.id).severity == levels[1]
    assert f"from {levels[0]} to {levels[1]}" in answer["text"]
    told = chat.told("severity P77 no such level")
    assert levels[0] in told


@pytest.mark.parametrize("who", ["me", "mei", "<@U0MEI|mei>", "@Mei-Ling"])
def test_a_role_is_given_by_mention_or_name(chat, who: str) -> None:
    made = chat.declared()
    if who == "@Mei-Ling":
        assert "no person" in chat.told(f"role scribe {who}").lower()
        return
    answer = chat.says(f"role scribe {who}", "U0MEI")
    with chat.app.store.read() as conn:
        assert chat.app.incidents.roles(conn, made.id)["scribe"] == "mei"
    assert "scribe" in answer["text"]
    assert "Mei-Ling Chen" in chat.told("role")


@pytest.mark.parametrize(
    ("whom", "people"),
    [
        ("jun", {"jun"}),
        ("<@U0JUN9>", {"jun"}),
        ("team:backend", {"mei", "jun"}),
        ("backend", {"mei", "jun"}),
        ("schedule:backend", {"mei", "jun"}),
    ],
)
def test_somebody_else_is_paged_with_a_word_why(chat, whom: str, people: set[str]) -> None:
    made = chat.declared()
    chat.paged()
    chat.says(f"page {whom} the queue is stuck")
    with chat.app.store.read() as conn:
        asked = [each for each in of_incident(conn, made.id) if each.cause.startswith("sum")]
        story = [timeline.sentence(each) for each in timeline.of_incident(conn, made.id)]
    named = {each.person for each in asked}
    assert named <= people
    assert named
    assert "Mei-Ling Chen asks for you: the queue is stuck" in asked[0].message.lines
    assert any("paged" in each and "the queue is stuck" in each for each in story)


def test_nobody_is_paged_who_is_not_there(chat) -> None:
    chat.declared()
    assert "no person nobody" in chat.told("page nobody help").lower()
    assert "person is missing" in chat.told("page").lower()


def test_who_is_on_call_is_told_in_the_language_of_who_asks(chat) -> None:
    english, chinese = chat.told("oncall"), chat.told("oncall", "U0VIC")
    assert "Mei-Ling Chen" in english or "Jun Wu" in english
    assert "until" in english
    assert "until" not in chinese
    assert "Asia/Taipei" in chinese
    assert chat.told("oncall backend").splitlines()[0] == english.splitlines()[0]
    assert "no schedule" in chat.told("oncall nowhere").lower()


def test_a_runbook_is_started_by_its_path_or_its_words(chat) -> None:
    made = chat.declared()
    answer = chat.says("run shop-down.md")
    assert "Shop is down" in answer["text"]
    chat.says("run shop is down plan")
    with chat.app.store.read() as conn:
        runs = chat.app.runs.of_incident(conn, made.id)
    assert [(each.path, each.mode) for each in runs] == [("shop-down.md", "plan"), ("shop-down.md", "guided")]
    assert "no runbook" in chat.told("run volcano")
    assert "runbook is missing" in chat.told("run").lower()
    assert "role" in chat.told("run shop-down.md", "U0JUN9").lower(), "a responder runs nothing"


def test_it_is_resolved_with_what_was_said(chat) -> None:
    made = chat.declared()
    chat.says("resolve the disk was full")
    assert chat.incident(made.id).state == "resolved"
    with chat.app.store.read() as conn:
        [over] = timeline.of_incident(conn, made.id, kinds=("incident.resolved",))
    assert over.data["why"] == "the disk was full"
    assert over.actor == "person:mei"


def test_people_outside_are_told_after_a_look_at_the_draft(chat) -> None:
    made = chat.declared()
    assert "/tocsin update board" in chat.told("update")
    assert "no audience nobody" in chat.told("update nobody hello").lower()
    chat.says("update board We are working on it.")
    with chat.app.store.read() as conn:
        [told] = chat.app.updates.of(conn, made.id)
    assert told.update.text.startswith("We are working on it.")
    assert told.update.sent_by == "person:mei"


def test_the_draft_of_the_report_is_shown(chat) -> None:
    made = chat.declared()
    assert f"incidents/{made.id}" in chat.told("postmortem", "U0VIC")


def test_help_names_every_command_in_the_language_of_who_asks(chat) -> None:
    english, chinese, stranger = chat.told(""), chat.told("help", "U0VIC"), chat.told("help", "U0EVE")
    for name in ("declare", "ack", "page", "role", "severity", "run", "approve", "deny", "update", "resolve"):
        assert f"/tocsin {name}" in english
    assert "/tocsin postmortem" in english
    assert "/tocsin oncall" in english
    assert "Who is on call" in english
    assert "Who is on call" not in chinese
    assert stranger == english


def test_a_slip_of_the_fingers_is_told_with_what_was_meant(chat) -> None:
    assert "/tocsin resolve" in chat.told("resolv all is well")
    assert "/tocsin help" in chat.told("xyzzy &lt;!channel&gt;")
    assert "<!channel>" not in chat.told("<!channel>")


# ── who may ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_may_do_nothing_and_is_told_how_to_become_known(chat) -> None:
    told = chat.told("declare everything is down", "U0EVE")
    assert "slack: U0EVE" in told
    with chat.app.store.read() as conn:
        assert chat.app.incidents.list(conn) == []


def test_a_person_without_an_account_is_told_how_to_get_one(chat) -> None:
    chat.declared()
    told = chat.told("ack", "U0KIM")
    assert "tocsin account create kim" in told


def test_a_viewer_reads_and_changes_nothing(chat) -> None:
    made = chat.declared()
    assert chat.told("oncall", "U0VIC")
    assert "responder" in chat.told("ack", "U0VIC")
    assert chat.incident(made.id).state == "triggered"


def test_another_workspace_cannot_lend_an_address(chat, slack) -> None:
    """In a shared channel a foreign user may carry any address that their own admins like."""
    slack.add_user("U0FAKE", "fake", "jun@example.com")
    slack.users["U0FAKE"]["team_id"] = "T0OTHER"
    assert "slack: U0FAKE" in chat.told("declare everything is down", "U0FAKE")


@pytest.mark.parametrize("change", [{"deleted": True}, {"is_bot": True}, {"is_email_confirmed": False}])
def test_who_is_gone_a_bot_or_unconfirmed_is_a_stranger(chat, slack, change) -> None:
    slack.users["U0JUN9"].update(change)
    assert "slack: U0JUN9" in chat.told("declare everything is down", "U0JUN9")


def test_an_id_belongs_to_one_person_whatever_the_address_says(chat, slack) -> None:
    """Mei's entry names her id, so her address alone makes nobody her."""
    slack.add_user("U0OTHER", "mei2", "mei@example.com")
    slack.users["U0MEI"]["profile"].pop("email")
    assert "slack: U0OTHER" in chat.told("declare everything is down", "U0OTHER")


def test_while_slack_does_not_answer_only_known_ids_are_believed(chat, slack) -> None:
    slack.fail("users.info", "fatal_error")
    assert "slack: U0JUN9" in chat.told("declare x", "U0JUN9")
    assert "declared" in chat.says("declare Search is slow")["text"]
    assert "declared" in chat.says("declare Cart is slow", "U0JUN9")["text"], "and asked again the next time"
