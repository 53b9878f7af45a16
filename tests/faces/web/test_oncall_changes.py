"""Who stands in for whom: put by a form, swapped by asking, and never by who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from burning import Burning
from walking import Browser

from tocsin.respond.oncall import Swap

PAGE = "/oncall/schedules/backend"


@pytest.fixture
def jun(shop: Burning) -> Browser:
    """Jun is an operator, and on call this week."""
    browser = Browser(shop.asgi).sign_in("jun")
    browser.cookies.set("tocsin_language", "en")
    return browser


def asked(shop: Burning, giver: str = "jun", taker: str = "mei") -> Swap:
    """The giver's next shift, of which the taker should take the last day."""
    now = shop.clock.now()
    coming = shop.app.oncall.shifts("backend", now, now + timedelta(days=30))
    mine = next(each for each in coming if each.person == giver)
    return shop.app.swaps.ask(
        schedule="backend",
        giver=giver,
        taker=taker,
        start=mine.end - timedelta(hours=12),
        end=mine.end,
        note="a wedding",
        by=f"person:{giver}",
    )


def test_somebody_is_put_on_call_by_the_clock_on_the_wall(shop: Burning, mei: Browser):
    mei.open(PAGE)
    mei.click("Put somebody on call")
    assert "Times are those of Asia/Taipei." in mei.page.text
    shown = mei.press(
        "Put them on call", person="ada", start="2026-11-24T20:00", end="2026-11-25T08:00", reason="training"
    )
    assert "They are on call for that time." in shown.text
    (made,) = shop.app.overrides.list("backend")
    assert (made.person, made.reason, made.created_by) == ("ada", "training", "person:mei")
    assert f"{made.start:%Y-%m-%dT%H:%M} {made.end:%H:%M}" == "2026-11-24T12:00 00:00"
    assert shop.app.oncall.who("backend", made.start) == "ada"


def test_the_form_tells_first_who_it_would_be(shop: Burning, mei: Browser):
    mei.open(f"{PAGE}/override")
    shown = mei.press("Who is it otherwise?", person="ada", start="2026-11-22T20:00", end="2026-11-23T20:00")
    assert "Who would be on call without it JW Jun Wu Sun 22, 20:00 – Mon 23, 09:00" in shown.text
    assert "MC Mei-Ling Chen Mon 23, 09:00 – 20:00" in shown.text
    assert shop.app.overrides.list() == [], "nothing was put"
    assert "They are on call" in mei.press("Put them on call").text, "what was typed stays"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"start": ""}, "When does it begin?"),
        ({"end": ""}, "When does it end?"),
        ({"start": "soon"}, "This is no date and time."),
        ({"end": "2026-11-24T19:00"}, "ends after it begins"),
        ({"start": "2026-11-20T20:00", "end": "2026-11-21T08:00"}, "this time is over"),
        ({"person": "nobody"}, "There is no person nobody."),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"end": "9999-12-31T23:59"}, "within a year"),
    ],
)
@pytest.mark.parametrize("button", ["Put them on call", "Who is it otherwise?"])
def test_a_slip_is_told_beside_its_field_and_nothing_is_put(
    shop: Burning, mei: Browser, typed: dict[str, str], told: str, button: str
):
    mei.open(f"{PAGE}/override")
    given = {"person": "ada", "start": "2026-11-24T20:00", "end": "2026-11-25T08:00", "reason": ""}
    shown = mei.press(button, **{**given, **typed})
    if button == "Put them on call":
        assert shown.status == 422
        assert told in shown.text
    assert shop.app.overrides.list() == []


@pytest.mark.parametrize(
    "query", ["from=x&until=y", "from=99991231T2359Z", "from=&until=%00", "person=nobody"]
)
def test_an_odd_address_of_the_form_is_an_empty_form(mei: Browser, query: str):
    assert mei.open(f"{PAGE}/override?{query}").status == 200


def test_a_shift_that_has_begun_is_offered_from_now_on(mei: Browser):
    mei.open(f"{PAGE}/override?from=20261116T0100Z&until=20261123T0100Z")
    form = next(form for form in mei.page.forms if "start" in form.fields)
    assert (form.fields["start"], form.fields["end"]) == ("2026-11-21T18:30", "2026-11-23T09:00")


def test_an_override_is_taken_back(shop: Burning, mei: Browser):
    mei.open(f"{PAGE}/override")
    mei.press("Put them on call", person="ada", start="2026-11-24T20:00", end="2026-11-25T08:00")
    shown = mei.press("Take it back Ada Lin")
    assert "The rota counts again." in shown.text
    assert shop.app.overrides.list() == []


def test_a_swap_is_asked_and_accepted(shop: Burning, mei: Browser, jun: Browser):
    jun.open(PAGE)
    jun.click("Ask for a swap")
    form = next(form for form in jun.page.forms if "shift" in form.fields)
    shown = jun.press("Ask", shift=form.fields["shift"], taker="mei", note="a wedding")
    assert "They are asked. Until they accept, you are on call." in shown.text
    assert "Jun Wu asks Mei-Ling Chen to be on call for Backend" in shown.text
    assert shop.app.oncall.who("backend") == "jun"
    assert "“a wedding”" in mei.open("/oncall").text
    shown = mei.press("Accept")
    assert "It is yours now." in shown.text
    assert "⇄ swapped" in shown.text
    assert shop.app.oncall.who("backend") == "mei"
    assert shop.app.swaps.open() == []


def test_something_is_given_in_return(shop: Burning, jun: Browser):
    jun.open(f"{PAGE}/swap")
    theirs = next(value for value in options(jun, "back") if value.startswith("mei|"))
    mine = next(value for value in options(jun, "shift") if value.startswith("jun|"))
    jun.press("Ask", shift=mine, taker="mei", back=theirs)
    (swap,) = shop.app.swaps.open()
    assert swap.back_start is not None
    jun.open(f"{PAGE}/swap")
    assert "This shift is not theirs." in jun.press("Ask", shift=mine, taker="ada", back=theirs).text


def options(browser: Browser, name: str) -> list[str]:
    """What a list of the page offers."""
    found: list[str] = []
    inside = False
    for tag, given in browser.page.elements:
        if tag == "select":
            inside = given.get("name") == name
        elif tag == "option" and inside:
            found.append(given["value"])
    return found


@pytest.mark.parametrize(
    "shift", ["", "x", "jun|x|y", "jun|2026-11-21T10:00:00|2026-11-22T10:00:00", "|||", "mei|\x00|1"]
)
def test_a_shift_that_is_none_is_told(jun: Browser, shift: str):
    jun.open(f"{PAGE}/swap")
    shown = jun.press("Ask", shift=shift, taker="mei")
    assert shown.status == 422
    assert "Which shift is it about?" in shown.text


def test_a_swap_is_declined_or_taken_back(shop: Burning, mei: Browser, jun: Browser):
    asked(shop)
    mei.open("/oncall")
    assert "Declined." in mei.press("Decline").text
    asked(shop)
    jun.open("/oncall")
    assert "You have taken the question back." in jun.press("Take it back").text
    assert shop.app.oncall.who("backend") == "jun"


def test_nobody_answers_what_another_was_asked(shop: Burning):
    swap = asked(shop)
    shop.account("eve", "responder", person="ada")
    eve = Browser(shop.asgi).sign_in("eve")
    assert "Accept" not in eve.open("/oncall").buttons()
    key = eve.page.forms[0].fields["form_key"]
    for act in ("accept", "decline", "cancel"):
        assert eve.send("POST", f"/oncall/swaps/{swap.id}/{act}", {"form_key": key}).status == 403
    given = {"form_key": key, "shift": f"jun|{swap.start.isoformat()}|{swap.end.isoformat()}", "taker": "ada"}
    assert eve.send("POST", f"{PAGE}/swap", given).status == 403, "nor gives away what is another's"
    assert [each.id for each in shop.app.swaps.open()] == [swap.id]


def test_who_may_only_look_changes_nothing(shop: Burning, ada: Browser):
    swap = asked(shop, taker="ada")
    assert not {"Accept", "Decline"} & set(ada.open("/oncall").buttons())
    key = ada.page.forms[0].fields["form_key"]
    assert ada.send("POST", f"/oncall/swaps/{swap.id}/accept", {"form_key": key}).status == 403


def test_what_was_answered_meanwhile_is_told_so(shop: Burning, mei: Browser):
    swap = asked(shop)
    mei.open("/oncall")
    shop.app.swaps.decline(swap.id, "person:mei")
    shown = mei.press("Accept")
    assert shown.status == 409
    assert "was declined already" in shown.text
