"""How I am paged: told at the top, changed by me, tried by each way, and nobody else's business."""

from __future__ import annotations

import pytest
from burning import Burning
from sqlalchemy import select
from walking import Browser

from tocsin.act.notify.store import delivery
from tocsin.respond.oncall import Quiet, Rule

PAGE = "/oncall/people/mei"


@pytest.fixture(autouse=True)
def two_ways(shop: Burning) -> None:
    """Mei is reached by mail and by a webhook."""
    file = shop.folder / "tocsin.yaml"
    text = file.read_text().replace(
        "email: mei@example.com", "email: mei@example.com, webhook: 'https://hooks.example.com/mei'"
    )
    file.write_text(text.replace("channels:\n", "channels:\n  hook: {kind: webhook}\n"))
    assert shop.app.reload() == []


def test_as_long_as_nothing_is_chosen_the_configuration_says_it(mei: Browser):
    mei.open("/oncall")
    shown = mei.click("How I am paged")
    assert shown.path == PAGE
    assert "How I am paged At once by hook" in shown.text
    assert "Chosen by" not in shown.text


def test_mei_chooses_her_ways_and_quiet_hours(shop: Burning, mei: Browser):
    mei.open(PAGE)
    shown = mei.press(
        "Page me like this",
        **{"use-0": "yes", "after-0": "2.5", "use-1": "yes", "after-1": "0", "level-1-P0": "yes"},
        **{"hours-0-0": "22:00-07:00", "only-0-0": "P2, P3", "then-0-0": "digest"},
    )
    assert "That is how you are paged from now on." in shown.text
    assert "At once by mail · after 2 min 30 s by hook" in shown.text
    assert "Chosen by Mei-Ling Chen just now" in shown.text
    assert shop.app.escalations.rules.of("mei") == [
        Rule(channel="mail", severities=("P0",)),
        Rule(
            channel="hook",
            after_s=150,
            quiet=(Quiet(hours="22:00-07:00", severities=("P2", "P3"), then="digest"),),
        ),
    ]


def test_what_was_kept_is_what_the_form_shows_and_one_more_line(shop: Burning, mei: Browser):
    rule = Rule(channel="mail", after_s=300, quiet=(Quiet(hours="sat,sun"), Quiet(hours="22:00-06:00")))
    shop.app.escalations.rules.put("mei", [rule], "person:mei")
    mei.open(PAGE)
    form = next(form for form in mei.page.forms if "after-0" in form.fields)
    assert [form.fields[f"hours-1-{number}"] for number in range(3)] == ["sat,sun", "22:00-06:00", ""]
    assert "use-0" not in form.fields, "the webhook is not ticked"
    mei.press("Page me like this")
    assert shop.app.escalations.rules.of("mei") == [rule], "pressing the button changes nothing by itself"


def test_the_order_of_the_configuration_comes_back(shop: Burning, mei: Browser):
    shop.app.escalations.rules.put("mei", [Rule(channel="mail")], "person:mei")
    mei.open(PAGE)
    assert "At once by hook" in mei.press("As the configuration says").text
    assert shop.app.escalations.rules.of("mei") == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"after-0": "soon"}, "This is no number of minutes."),
        ({"after-0": "nan"}, "This is no number of minutes."),
        ({"after-0": "inf"}, "This is no number of minutes."),
        ({"after-0": "-1"}, "waits from 0"),
        ({"after-0": "61"}, "waits from 0"),
        ({"hours-0-0": "at night"}, "are no hours"),
        ({"hours-0-0": "mon-sun"}, "never end"),
        ({"hours-0-0": "22:00-07:00", "only-0-0": "x" * 65}, "a severity is named as in its policy"),
    ],
)
def test_a_slip_is_told_and_what_was_typed_stays(
    shop: Burning, mei: Browser, typed: dict[str, str], told: str
):
    mei.open(PAGE)
    shown = mei.press("Page me like this", **{"use-0": "yes", **typed})
    assert shown.status == 422
    assert told in shown.text
    form = next(form for form in shown.forms if "after-0" in form.fields)
    assert {name: form.fields[name] for name in typed} == typed
    assert shop.app.escalations.rules.of("mei") == []


def test_at_least_one_way_is_left(shop: Burning, mei: Browser):
    mei.open(PAGE)
    form = next(form for form in mei.page.forms if "after-0" in form.fields)
    sent = {name: value for name, value in form.fields.items() if not name.startswith("use-")}
    shown = mei.send("POST", f"{PAGE}/rules", sent)
    assert shown.status == 422
    assert "No channel is left to page you by." in shown.text
    assert shop.app.escalations.rules.of("mei") == []


def test_a_form_of_yesterdays_channels_is_not_taken(shop: Burning, mei: Browser):
    mei.open(PAGE)
    file = shop.folder / "tocsin.yaml"
    file.write_text(file.read_text().replace("  hook: {kind: webhook}\n", ""))
    assert shop.app.reload() == []
    shown = mei.press("Page me like this")
    assert shown.status == 404
    assert "The channels have changed meanwhile." in shown.text


def test_each_way_is_tried_by_itself(shop: Burning, mei: Browser):
    mei.open(PAGE)
    shown = mei.press("Try mail")
    assert "A test page is on its way to you." in shown.text
    assert shown.path == PAGE
    assert "A test page from Tocsin mail" in shown.text
    with shop.app.store.read() as conn:
        (sent,) = conn.execute(select(delivery).where(delivery.c.kind == "test")).all()
    assert (sent.person, sent.channel) == ("mei", "mail")


def test_what_was_sent_last_is_shown_with_its_state(shop: Burning, mei: Browser):
    shop.clock.tick(3 * 86_400)  # from Monday on Mei is on call
    incident = shop.outage()
    shown = mei.open(PAGE)
    assert "◐ being sent [P0] Recommendations answer 500 on every endpoint hook" in shown.text
    assert f"/incidents/{incident}" in [href for _, href in shown.links]


def test_it_is_nobody_elses_business_but_an_admin_may_help(shop: Burning, mei: Browser):
    jun = Browser(shop.asgi).sign_in("jun")
    key = jun.page.forms[0].fields["form_key"]
    assert jun.open(PAGE).status == 403
    assert jun.send("POST", f"{PAGE}/rules", {"form_key": key, "do": "forget"}).status == 403
    shown = mei.open("/oncall/people/jun")
    assert "How Jun Wu is paged" in shown.text
    assert "Try mail" not in shown.buttons(), "an admin wakes nobody to try"
    mei.press("Page them like this", **{"use-0": "yes", "after-0": "0"})
    assert shop.app.escalations.rules.kept("jun").changed_by == "person:mei"


def test_who_is_not_there_has_no_page(mei: Browser):
    assert mei.open("/oncall/people/nobody").status == 404


def test_who_cannot_be_reached_reads_that_first(ada: Browser):
    shown = ada.open("/oncall/people/ada")
    assert "▲ No channel reaches you" in shown.text
    assert "Page me like this" not in shown.buttons()


def test_a_viewer_chooses_how_they_are_paged_too(shop: Burning):
    shop.account("guest", "viewer", person="jun")
    guest = Browser(shop.asgi).sign_in("guest")
    guest.cookies.set("tocsin_language", "en")
    guest.open("/oncall/people/jun")
    assert "That is how you are paged" in guest.press("Page me like this", **{"use-0": "yes"}).text
