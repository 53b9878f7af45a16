"""Language and light: chosen once, kept."""

from __future__ import annotations

from burning import Burning
from walking import Browser


def test_a_language_is_chosen_before_signing_in_and_kept_after(shop: Burning, browser: Browser):
    browser.open("/sign-in")
    browser.press("繁體中文")
    assert "登入" in browser.page.text
    browser.language = "zh-TW"
    browser.sign_in("mei")
    assert "目前值班" in browser.page.text


def test_the_choice_goes_with_the_account_to_another_browser(shop: Burning, mei: Browser):
    mei.press("繁體中文")
    other = Browser(shop.asgi).sign_in("mei")
    assert "目前值班" in other.page.text


def test_the_browsers_language_counts_where_nothing_was_chosen(shop: Burning):
    assert "登入" in Browser(shop.asgi, language="zh-TW,zh;q=0.9").open("/sign-in").text
    assert "Sign in" in Browser(shop.asgi, language="fr").open("/sign-in").text


def test_the_language_of_a_person_in_the_configuration_counts(shop: Burning):
    assert "目前值班" in Browser(shop.asgi, language="en").sign_in("jun").page.text


def test_light_and_dark(mei: Browser):
    assert 'data-theme="auto"' in mei.page.html
    mei.press("Dark")
    assert 'data-theme="dark"' in mei.page.html
    assert mei.page.path == "/"


def test_nonsense_is_not_kept(mei: Browser):
    key = mei.page.forms[0].fields["form_key"]
    mei.send(
        "POST", "/preferences", {"form_key": key, "language": "tlh", "theme": "\n", "next": "//evil.example"}
    )
    assert 'data-theme="auto"' in mei.open("/").html
