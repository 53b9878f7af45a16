"""The first account: one link, once."""

from __future__ import annotations

from burning import PASSWORD, Burning
from walking import Browser

from tocsin.ground.accounts.store import account


def link(shop: Burning) -> str:
    shop.app.store.write(lambda conn: conn.execute(account.delete()))  # as on the first start
    plain = shop.app.accounts.set_up_link()
    assert plain
    return f"/setup/{plain}"


def test_the_link_makes_an_admin_and_signs_them_in(shop: Burning, browser: Browser):
    browser.open(link(shop))
    browser.press("Make the account", name="boss", password=PASSWORD, person="mei")
    assert browser.page.path == "/"
    assert "Your account is made" in browser.page.text
    [account] = shop.app.accounts.everyone()
    assert (account.name, account.role, account.person) == ("boss", "admin", "mei")


def test_a_weak_password_is_explained_and_the_link_still_works(shop: Burning, browser: Browser):
    browser.open(link(shop))
    shown = browser.press("Make the account", name="boss", password="short")
    assert shown.status == 422
    assert "at least 10 characters" in shown.text
    assert browser.press("Make the account", name="boss", password=PASSWORD).path == "/"


def test_a_used_link_says_so(shop: Burning, browser: Browser):
    path = link(shop)
    browser.open(path)
    browser.press("Make the account", name="boss", password=PASSWORD)
    shown = Browser(shop.asgi).open(path)
    assert shown.status == 404
    assert "was used or has expired" in shown.text


def test_a_made_up_link_is_worth_nothing(browser: Browser):
    assert browser.open("/setup/set_made-up").status == 404
    assert browser.send("POST", "/setup/set_made-up", {"name": "boss", "password": PASSWORD}).status == 404
