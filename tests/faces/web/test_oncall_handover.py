"""What whoever comes next has to know: drafted from what is open, with a line that somebody adds."""

from __future__ import annotations

import pytest
from burning import Burning
from walking import Browser

PAGE = "/oncall/schedules/backend/handover"


def test_the_note_names_what_is_open_and_what_somebody_added(shop: Burning, mei: Browser):
    incident = shop.outage()
    mei.open("/oncall/schedules/backend")
    assert incident in mei.click("Hand-over").text
    shown = mei.press("Add it", text="The disk of db2 fills: look on Tuesday")
    assert "It is in the hand-over." in shown.text
    assert "Mei-Ling Chen: The disk of db2 fills: look on Tuesday" in shown.text


def test_it_is_read_in_the_readers_language(shop: Burning):
    jun = Browser(shop.asgi).sign_in("jun")
    shown = jun.open(PAGE)
    assert "目前的內容" in shown.text
    assert "Nobody was paged" not in shown.text


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
def test_a_line_that_is_none_is_told(mei: Browser, text: str):
    mei.open(PAGE)
    shown = mei.press("Add it", text=text)
    assert shown.status == 422
    assert "a note has 1 to" in shown.text


def test_earlier_turns_are_kept(shop: Burning, mei: Browser):
    shop.outage()
    shop.app.handovers.tick()
    shop.clock.tick(2 * 86_400)
    shop.app.handovers.tick()
    assert "Mon 23 Nov, 09:00 · Jun Wu → Mei-Ling Chen" in mei.open(PAGE).text


def test_who_may_only_look_reads_and_adds_nothing(ada: Browser):
    shown = ada.open(PAGE)
    assert shown.status == 200
    assert "Add it" not in shown.buttons()
    key = shown.forms[0].fields["form_key"]
    assert ada.send("POST", PAGE, {"form_key": key, "text": "x"}).status == 403


def test_a_schedule_that_is_not_there_has_none(mei: Browser):
    assert mei.open("/oncall/schedules/nothing/handover").status == 404
