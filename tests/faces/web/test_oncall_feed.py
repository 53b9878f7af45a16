"""A calendar that others read by an address: it opens with its secret, says who is on call, and ends when revoked."""

from __future__ import annotations

import re

from burning import Burning
from icalendar import Calendar
from sqlalchemy import select
from walking import Browser

from tocsin.ground.accounts.store import key as keys

PAGE = "/oncall/schedules/backend"


def made(browser: Browser, page: str = PAGE) -> str:
    """The path of a new address."""
    browser.open(page)
    shown = browser.press("Make an address")
    found = re.search(r'<pre id="address"[^>]*>http://127\.0\.0\.1:9911([^<]+)</pre>', shown.html)
    assert found, shown.text
    return found[1]


def events(browser: Browser, path: str) -> list[str]:
    answer = browser.send("GET", path)
    assert answer.status == 200, answer.text
    assert answer.answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return [str(each["summary"]) for each in Calendar.from_ical(answer.answer.content).walk("VEVENT")]


def test_a_rota_is_read_by_a_calendar_without_signing_in(mei: Browser, browser: Browser):
    assert set(events(browser, made(mei))) == {
        "Backend: Mei-Ling Chen is on call",
        "Backend: Jun Wu is on call",
    }


def test_a_person_reads_their_own_shifts_of_every_rota(mei: Browser, browser: Browser):
    path = made(mei, "/oncall/people/mei")
    assert set(events(browser, path)) == {"Backend: Mei-Ling Chen is on call"}


def test_it_speaks_the_language_of_who_made_it(shop: Burning, browser: Browser):
    jun = Browser(shop.asgi).sign_in("jun")
    jun.cookies.set("tocsin_language", "en")
    assert set(events(browser, made(jun, "/oncall/people/jun"))) == {
        "Backend：Jun Wu 值班",
        "Night：Jun Wu 值班",
    }


def test_the_secret_is_shown_once_and_kept_as_a_hash(shop: Burning, mei: Browser):
    path = made(mei)
    secret = path.removeprefix("/oncall/calendar/").removesuffix(".ics")
    assert len(secret) > 40
    with shop.app.store.read() as conn:
        (row,) = conn.execute(select(keys).where(keys.c.kind == "calendar")).all()
    assert secret not in str(row)
    assert secret not in mei.open(PAGE).html


def test_an_address_opens_no_other_door(shop: Burning, mei: Browser, browser: Browser):
    secret = made(mei).removeprefix("/oncall/calendar/").removesuffix(".ics")
    bearer = {"authorization": f"Bearer {secret}"}
    for path in ("/api/v1/incidents", "/api/v1/oncall", "/api/v1/changes"):
        assert browser.send("GET", path, **bearer).status == 401, path
    assert browser.send("POST", "/api/v1/changes", **bearer).status == 401
    assert browser.send("GET", "/oncall", **bearer).status == 303
    assert browser.send("POST", f"/in/{secret}").status == 401
    assert (
        browser.send("GET", f"/oncall/calendar/{shop.app.accounts.key_create('webhook')}.ics").status == 404
    )
    assert "calendar" not in mei.open("/sources").text, "it sends nothing, so it is no source"


def test_what_is_revoked_leads_nowhere(shop: Burning, mei: Browser, browser: Browser):
    path = made(mei)
    events(browser, path)
    mei.open(PAGE)
    assert "An address of mei" in mei.page.text
    assert "That address leads nowhere now." in mei.press("Revoke").text
    shop.clock.tick(3)
    assert browser.send("GET", path).status == 404
    assert "An address of mei" not in mei.open(PAGE).text


def test_an_address_ends_with_the_account_that_made_it(shop: Burning, browser: Browser):
    shop.account("guest", "viewer")
    path = made(Browser(shop.asgi).sign_in("guest"))
    events(browser, path)
    shop.app.accounts.remove("guest")
    assert browser.send("GET", path).status == 404


def test_an_address_is_ended_by_its_owner_or_an_admin_alone(shop: Burning, mei: Browser, ada: Browser):
    made(mei)
    (feed,) = shop.app.accounts.calendars()
    assert "An address of mei" not in ada.open(PAGE).text
    form_key = ada.page.forms[0].fields["form_key"]
    assert ada.send("POST", f"/oncall/feeds/{feed.id}/revoke", {"form_key": form_key}).status == 403
    made(ada)
    shown = mei.open(PAGE)
    assert "An address of ada" in shown.text
    shop.app.accounts.key_create("webhook", "shop")
    (other,) = shop.app.accounts.keys()
    assert ada.send("POST", f"/oncall/feeds/{other.id}/revoke", {"form_key": form_key}).status == 404


def test_nothing_is_said_of_a_rota_that_is_gone(shop: Burning, mei: Browser, browser: Browser):
    path = made(mei, "/oncall/schedules/night")
    file = shop.folder / "tocsin.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("  night:")))
    assert shop.app.reload() == []
    assert browser.send("GET", path).status == 404


def test_guesses_and_other_keys_find_nothing(shop: Burning, mei: Browser, browser: Browser):
    other = shop.app.accounts.key_create("webhook", "shop")
    for guess in (other, "x", "in_" + "0" * 40, "%00", "鍵"):
        assert browser.send("GET", f"/oncall/calendar/{guess}.ics").status == 404, guess
    mei.open(PAGE)
    key = mei.page.forms[0].fields["form_key"]
    for about in ("", "schedule:nothing", "person:nobody", "team:backend", "schedule"):
        assert mei.send("POST", "/oncall/feeds", {"form_key": key, "about": about}).status == 404, about
