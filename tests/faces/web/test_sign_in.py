"""Mei signs in; a stranger does not; nobody is sent elsewhere."""

from __future__ import annotations

import pytest
from burning import PASSWORD, Burning
from walking import Browser

from tocsin.faces.web.security import local_path


def test_mei_signs_in_and_stands_where_she_wanted_to_go(shop: Burning, browser: Browser):
    browser.open("/alerts?state=all")
    assert browser.page.path == "/sign-in?next=%2Falerts%3Fstate%3Dall"
    browser.press("Sign in", name="mei", password=PASSWORD)
    assert browser.page.path == "/alerts?state=all"
    assert "Mei-Ling Chen" in browser.page.text


def test_a_wrong_password_says_so_and_keeps_the_name(browser: Browser):
    browser.open("/sign-in")
    shown = browser.press("Sign in", name="mei", password="wrong words in a row")
    assert shown.status == 401
    assert "do not fit together" in shown.text
    assert 'value="mei"' in shown.html
    assert "wrong words" not in shown.html


def test_after_ten_guesses_one_has_to_wait(shop: Burning, browser: Browser):
    for _ in range(10):
        browser.open("/sign-in")
        browser.press("Sign in", name="mei", password="a guess in a row")
    browser.open("/sign-in")
    shown = browser.press("Sign in", name="mei", password=PASSWORD)
    assert shown.status == 429
    assert shown.answer.headers["retry-after"] == "3600"
    assert "Try again in 60 min" in shown.text


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(browser: Browser):
    browser.open("/sign-in")
    form = browser.page.forms[-1]
    sent = browser.send("POST", "/sign-in", {**form.fields, "name": "mei", "password": PASSWORD})
    cookie = next(
        each for each in sent.answer.headers.get_list("set-cookie") if each.startswith("tocsin_session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie, "the shop is served over http"


def test_signing_out_ends_the_session_on_the_server(shop: Burning, mei: Browser):
    kept = dict(mei.cookies)
    mei.press("Sign out")
    assert "You are signed out" in mei.page.text
    stolen = Browser(shop.asgi)
    stolen.cookies.update(kept)
    assert stolen.open("/").path.startswith("/sign-in")


def test_a_session_that_was_there_before_signing_in_is_worth_nothing(shop: Burning, browser: Browser):
    browser.cookies.set("tocsin_session", "ses_planted")
    browser.sign_in("mei")
    assert browser.cookies["tocsin_session"] != "ses_planted"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "https:evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\n//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/\t/evil.example",
        "///evil.example",
    ],
)
def test_nobody_is_sent_away_after_signing_in(shop: Burning, browser: Browser, target: str):
    assert local_path(target) == "/"
    browser.open("/sign-in")
    fields = {**browser.page.forms[-1].fields, "name": "mei", "password": PASSWORD, "next": target}
    assert browser.send("POST", "/sign-in", fields).answer.headers["location"] == "/"


def test_the_page_says_how_a_lost_password_comes_back(browser: Browser):
    assert "tocsin account reset" in browser.open("/sign-in").text


def test_who_is_signed_in_is_not_asked_again(mei: Browser):
    assert mei.open("/sign-in").path == "/"
