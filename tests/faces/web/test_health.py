"""For load balancers, supervisors and Prometheus."""

from __future__ import annotations

from burning import Burning
from walking import Browser


def test_alive_is_not_ready(browser: Browser):
    assert browser.open("/healthz").status == 200
    ready = browser.open("/readyz")
    assert ready.status == 503
    assert "starting" in ready.html


def test_figures_are_open_to_the_machine_itself(shop: Burning):
    shown = Browser(shop.asgi, address="127.0.0.1").open("/metrics")
    assert shown.status == 200
    assert "tocsin_build_info" in shown.html


def test_figures_need_a_token_from_elsewhere(shop: Burning, browser: Browser):
    assert browser.open("/metrics").status == 401
    assert browser.open("/metrics", authorization="Bearer made-up").status == 401
    token = shop.app.accounts.token_create("viewer", "prometheus")
    assert browser.open("/metrics", authorization=f"Bearer {token}").status == 200
    sender = shop.app.accounts.token_create("viewer", "sender", ["send"])
    assert browser.open("/metrics", authorization=f"Bearer {sender}").status == 403


def test_no_figure_carries_a_name_of_a_user(shop: Burning):
    shop.outage()
    shown = Browser(shop.asgi, address="127.0.0.1").open("/metrics").html
    for name in ("recommendation", "mei", "HighErrorRate"):
        assert name not in shown
