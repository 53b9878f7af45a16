"""Who comes in, from where, and what leaves with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from burning import Burning
from starlette.routing import BaseRoute, Mount, Route
from walking import Browser

from tocsin.faces import web
from tocsin.faces.web import dashboard
from tocsin.ground.accounts import Permission

PUBLIC = {
    *("/sign-in", "/sign-out", "/setup/{token}", "/a/{token}", "/preferences", "/static/{name}"),
    *("/healthz", "/readyz", "/metrics", "/oncall/calendar/{key}.ics"),
    *("/channels/{name}", "/channels/{name}/{rest:path}"),  # providers, whose signature the channel checks
}


def routes(shop: Burning) -> Iterator[Route]:
    application = web.make_web(shop.pages, shop.app.hub, {})
    found: list[BaseRoute] = list(application.routes)
    for each in found:
        assert isinstance(each, Route | Mount)
        if isinstance(each, Route):
            yield each


def declared(route: Route) -> Permission:
    endpoint = route.endpoint
    return endpoint.declared.permission if hasattr(endpoint, "declared") else endpoint.permission


def test_every_route_declares_its_permission_and_few_are_public(shop: Burning):
    everything = {(route.path, declared(route)) for route in routes(shop)}
    assert len(everything) > 30
    assert {path for path, permission in everything if permission == Permission.PUBLIC} == PUBLIC


def test_nobody_is_sent_to_sign_in_by_every_page_that_is_not_public(shop: Burning, browser: Browser):
    for route in routes(shop):
        if declared(route) == Permission.PUBLIC or "GET" not in (route.methods or ()):
            continue
        path = route.path.replace("{path:path}", "x").replace("{id}", "x").replace("{key}", "x")
        answer = browser.send("GET", path)
        if path == "/live":
            assert answer.status == 401
        else:
            assert answer.status == 303, path
            assert answer.answer.headers["location"].startswith("/sign-in?next="), path


def test_who_may_only_look_presses_nothing(shop: Burning, ada: Browser):
    incident = shop.outage()
    ada.open(f"/incidents/{incident}")
    assert {*ada.page.buttons()} <= {"English", "繁體中文", "As the device", "Light", "Dark", "Sign out"} | {
        "Keyboard shortcuts",
        "Close this",
    }
    key = ada.page.forms[0].fields["form_key"]
    for route in routes(shop):
        if declared(route) in (Permission.PUBLIC, Permission.READ) or "POST" not in (route.methods or ()):
            continue
        path = route.path.replace("{id}", incident)
        assert ada.send("POST", path, {"form_key": key}).status == 403, path


def test_an_approver_may_not_run_and_a_responder_may_not_steer(shop: Burning):
    incident = shop.outage()
    for role, path in (("approver", f"/incidents/{incident}/note"), ("responder", "/runs")):
        shop.account(role, role)
        browser = Browser(shop.asgi).sign_in(role)
        key = browser.page.forms[0].fields["form_key"]
        assert browser.send("POST", path, {"form_key": key, "text": "x"}).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(shop: Burning, mei: Browser, headers: dict[str, str]):
    incident = shop.outage()
    key = mei.page.forms[0].fields["form_key"]
    path = f"/incidents/{incident}/acknowledge"
    assert mei.send("POST", path, {"form_key": key}, **headers).status == 403
    assert shop.state(incident) == "triggered"


@pytest.mark.parametrize("key", ["", "made-up", "鍵", "0" * 32])
def test_a_form_without_the_key_of_this_browser_is_refused(shop: Burning, mei: Browser, key: str):
    incident = shop.outage()
    answer = mei.send("POST", f"/incidents/{incident}/acknowledge", {"form_key": key})
    assert answer.status == 403
    assert "did not come from a page of Tocsin" in answer.text


def test_the_key_of_another_browser_is_refused(shop: Burning, mei: Browser):
    incident = shop.outage()
    other = Browser(shop.asgi).sign_in("jun").page.forms[0].fields["form_key"]
    assert mei.send("POST", f"/incidents/{incident}/acknowledge", {"form_key": other}).status == 403


@pytest.mark.parametrize(
    ("kind", "status"),
    [("text/plain", 400), ("application/json", 400), ("multipart/form-data; boundary=x", 400), ("", 400)],
)
def test_only_what_a_form_sends_is_taken(mei: Browser, kind: str, status: int):
    key = mei.page.forms[0].fields["form_key"]
    assert mei.send("POST", "/incidents", {"form_key": key}, content_type=kind).status == status


def test_a_form_of_a_megabyte_is_refused(mei: Browser):
    key = mei.page.forms[0].fields["form_key"]
    assert mei.send("POST", "/incidents", {"form_key": key, "title": "x" * 1_000_000}).status == 413


def test_opening_pages_changes_nothing(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.run(incident)
    before = shop.everything()
    for path in (
        "/",
        f"/incidents/{incident}",
        f"/incidents/{incident}/report",
        "/alerts",
        "/oncall",
        "/runbooks",
    ):
        assert mei.open(path).status == 200
    assert shop.everything() == before


def test_every_answer_says_what_a_browser_may_do_with_it(shop: Burning, mei: Browser):
    for path in ("/", "/nope", "/sign-in", "/static/tocsin.css", "/healthz"):
        headers = mei.open(path).answer.headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["script-src"].startswith("'nonce-")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_nonce_is_used_once_and_nothing_stands_inline(shop: Burning, mei: Browser):
    shop.run(shop.outage())
    first, second = mei.open("/"), mei.open("/")
    nonces = {
        each.answer.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
        for each in (first, second)
    }
    assert len(nonces) == 2
    for path in ("/", f"/incidents/{shop.incident('recommendation')}", "/runbooks/reco/service-down.md"):
        html = mei.open(path).html
        assert " style=" not in html
        assert " onclick=" not in html
        assert html.count("<script") == 1


def test_pages_are_never_kept_and_files_for_a_year(mei: Browser):
    assert mei.open("/").answer.headers["cache-control"] == "no-store"
    assert "immutable" in mei.open("/static/live.js").answer.headers["cache-control"]


def test_an_address_that_is_no_page_says_so(mei: Browser):
    shown = mei.open("/no/such/page")
    assert shown.status == 404
    assert "No page has this address" in shown.text


def test_a_page_that_is_asked_in_the_wrong_way_says_so(mei: Browser):
    shown = mei.send("PUT", "/")
    assert shown.status == 405
    assert shown.answer.headers["allow"]


def test_a_mistake_of_ours_is_told_in_plain_words(
    shop: Burning, mei: Browser, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail in /etc/passwd")

    monkeypatch.setattr(dashboard, "_rows", broken)
    shop.outage()
    shown = mei.open("/")
    assert shown.status == 500
    assert "Tocsin made a mistake" in shown.text
    assert "secret detail" not in shown.html
    assert "Traceback" not in shown.html
