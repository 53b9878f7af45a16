"""Is it real, and is it noise? The section and the pages, in both languages, light and dark, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from burning import PASSWORD, Burning
from eyes import Reader, look_at
from playwright.sync_api import Browser

from tocsin.act.checks import Look, judge_scope
from tocsin.faces.web.security import LANGUAGE_COOKIE, SESSION_COOKIE
from tocsin.ground.catalogue import Service
from tocsin.ground.timeline import Followers
from tocsin.learn.analytics import Outcomes
from tocsin.respond.incidents import Scout

pytestmark = pytest.mark.browser
REFUSED = "No connection to shop.example.com:443: Connection refused."


class Night:
    """An edge that is gone, a false alarm before it, and a rule that somebody is glad of."""

    def __init__(self, house: Burning) -> None:
        app = house.app
        section = app.current()
        known = section.service("recommendation").model_dump()
        endpoints = {"health": {"url": "https://shop.example.com/health", "origin": "203.0.113.7"}}
        service = Service.model_validate({**known, "endpoints": endpoints})
        services = {**section.services, "recommendation": service}
        app.current.swap(section.model_copy(update={"services": services}))
        self.wolf = house.outage(1)
        with app.store.read() as conn:
            (alert,) = app.incidents.alerts(conn, self.wolf)
        self.alert = alert.id
        app.incidents.mark_alert(alert.id, "noise", "every Monday, when the backup runs", "person:jun")
        app.incidents.false_alarm(self.wolf, "the probe ran out of disk", "person:mei")
        queue = house.queue()
        app.incidents.note(queue, "worker restarted", "person:mei")
        app.incidents.resolve(queue, "restarted", "person:mei")
        followers = Followers(app.store)
        Outcomes(app.incidents).follow(followers)
        while followers.step():
            pass
        house.clock.tick(60)
        self.waiting = app.incidents.declare("Login is slow", "recommendation", "P0", "", "person:jun").id
        house.fire("EdgeDown", service="recommendation", availability="0.01")
        self.real = house.incident("recommendation")
        looks = [
            Look(point=name, way=way, ok=ok, text=text, ms=12, status=200 if ok else None, stage="" if ok else "tcp")
            for name in ("health", "recommendations-for-a-new-user")
            for way, ok, text in (("edge", False, REFUSED), ("origin", True, "200 in 12 ms"))
        ]  # fmt: skip
        scope = judge_scope(app.clock.now(), looks)
        Scout(app.triage.desk, lambda _: scope).check(self.real, "tocsin")


@pytest.fixture(scope="module")
def night(house: Burning) -> Night:
    return Night(house)


PAGES: dict[str, Callable[[Night], str]] = {
    "confirmed": lambda night: f"/incidents/{night.real}",
    "probes are running": lambda night: f"/incidents/{night.waiting}",
    "a false alarm": lambda night: f"/incidents/{night.wolf}",
    "saying that it was one": lambda night: f"/incidents/{night.real}?act=false-alarm",
    "an alert called noise": lambda night: f"/alerts/{night.alert}",
    "noise": lambda night: "/alerts/noise",
    "no noise": lambda night: "/alerts/noise?days=7",
}


@pytest.fixture(scope="module", params=("en", "zh_Hant"))
def mei(request: pytest.FixtureRequest, chromium: Browser, served: str, house: Burning) -> Iterator[Reader]:
    session = house.app.accounts.sign_in("mei", PASSWORD)
    opened = Reader(chromium, served, cookies={SESSION_COOKIE: session, LANGUAGE_COOKIE: request.param})
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier(mei: Reader, night: Night, name: str):
    look_at(mei, PAGES[name](night))
