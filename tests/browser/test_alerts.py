"""The pages about alerts, sources and quiet in a real browser: wide, on a phone, dark, in Chinese, without a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from burning import PASSWORD, Burning
from eyes import Reader, look_at
from playwright.sync_api import Browser, expect

from tocsin.faces.web.security import LANGUAGE_COOKIE, SESSION_COOKIE
from tocsin.sense.alerts import list_alerts
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.heartbeats import Ping
from tocsin.sense.heartbeats.section import HeartbeatSettings
from tocsin.sense.intake import Answer, Message
from tocsin.sense.intake.deliveries import Handled

pytestmark = pytest.mark.browser


class Watched:
    """A shop that hears much: alerts of all severities, quiet, planned work, senders that do well and badly, jobs."""

    def __init__(self, house: Burning) -> None:
        self.house = house
        house.outage(4)
        house.queue()
        for number, word in enumerate(("critical", "warning", "info")):
            house.fire(
                f"DiskFull{number}", service="transcripts", severity=word, instance=f"10.0.0.{number}:9100"
            )
        now = house.clock.now()
        quiet = house.app.folds.silences.put(
            matchers=[Matcher(name="alertname", operator="=", value="QueueBacklog")],
            starts_at=now,
            ends_at=now + timedelta(hours=2),
            created_by="jun",
            comment="The queue is drained by hand until the new worker is there",
        )
        plan = house.app.folds.maintenance.put
        work = plan(
            title="Postgres is upgraded",
            services=["recommendation"],
            starts_at=now - timedelta(minutes=20),
            ends_at=now + timedelta(hours=1),
            created_by="person:mei",
            zone="Asia/Taipei",
        )
        series = plan(
            title="Weekly restart of the northern data centre",
            matchers=[Matcher(name="cluster", operator="=~", value="tp-.*")],
            starts_at=now + timedelta(days=2),
            ends_at=now + timedelta(days=3),
            recurs="FREQ=WEEKLY",
            created_by="person:mei",
            zone="Asia/Taipei",
        )
        house.app.accounts.key_create("webhook", "backup script", "transcripts", {"name": "body.title"})
        house.app.accounts.key_create("alertmanager", "prometheus-tp1")
        keys = house.app.accounts.keys()
        key = next(each.id for each in keys if each.kind == "webhook")
        self._deliveries(key)
        beat = house.app.heartbeats.add("backup", HeartbeatSettings(name="Backup", period=timedelta(days=1)))
        house.app.heartbeats.ping(beat.uuid, Ping(kind="fail", at=now, exit_status=3, body="disk full\n" * 3))
        with house.app.store.read() as conn:
            alert = list_alerts(conn)[0].id
        received = house.app.mailbook.latest(key)[0].id
        self.names = {
            "alert": alert,
            "quiet": quiet.id,
            "work": work.id,
            "series": series.id,
            "key": key,
            "received": received,
            "beat": beat.id,
        }

    def _deliveries(self, key: str) -> None:
        for number in range(40):
            bad = number % 4 == 0
            body = b'{"nme": "Late"}' if bad else b'{"name": "Late"}'
            self.house.app.mailbook.note(
                key,
                "",
                Message(
                    method="POST",
                    path="/webhook",
                    query="",
                    headers={"content-type": "application/json", "user-agent": "curl/8.5.0"},
                    raw=body,
                    payload=body,
                    at=self.house.clock.now(),
                ),
                Answer(status=422 if bad else 202, body=b'{"error": {"message": "an alert needs a name"}}'),
                Handled("refused" if bad else "taken", 0 if bad else 1, 0, 1.25),
            )
            self.house.app.mailbook.flush()
            self.house.clock.tick(70)


PAGES = {
    "alerts": "/alerts",
    "found": "/alerts?q=severity%3D~%22crit.*%7Cwarning%22+disk",
    "a slip": "/alerts?q=severity%3D",
    "by rule": "/alerts?by=rule&state=all",
    "held back": "/alerts?state=held",
    "an alert": "/alerts/{alert}",
    "calling it noise": "/alerts/mark?q=DiskFull",
    "silences": "/silences",
    "a silence": "/silences/{quiet}",
    "ending it": "/silences/{quiet}?act=end#act-end",
    "asking for quiet": "/silences/new?alert={alert}",
    "asking for much": "/silences/new?q=severity%3D~%22.%2B%22",
    "maintenance": "/maintenance",
    "a week": "/maintenance?view=week",
    "a window": "/maintenance/{work}",
    "a series": "/maintenance/{series}",
    "planning": "/maintenance/new",
    "sources": "/sources",
    "a source": "/sources/{key}",
    "a message": "/sources/{key}/deliveries/{received}",
    "kinds of source": "/sources/new",
    "a new webhook": "/sources/new?kind=webhook",
    "a new Grafana": "/sources/new?kind=grafana",
    "a heartbeat": "/heartbeats/{beat}",
}


@pytest.fixture(scope="module")
def watched(house: Burning) -> Watched:
    return Watched(house)


@pytest.fixture(scope="module", params=["en", "zh_Hant"])
def mei(request: pytest.FixtureRequest, chromium: Browser, served: str, house: Burning) -> Iterator[Reader]:
    """Mei, in one language after the other."""
    session = house.app.accounts.sign_in("mei", PASSWORD)
    opened = Reader(chromium, served, cookies={SESSION_COOKIE: session, LANGUAGE_COOKIE: request.param})
    yield opened
    opened.close()


@pytest.fixture
def open_for(chromium: Browser, served: str, house: Burning) -> Iterator[Callable[..., Reader]]:
    """A window, with or without scripts."""
    opened: list[Reader] = []

    def make(**more: object) -> Reader:
        session = house.app.accounts.sign_in("mei", PASSWORD)
        opened.append(Reader(chromium, served, cookies={SESSION_COOKIE: session}, **more))  # pyright: ignore[reportArgumentType] - passed on
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier(mei: Reader, watched: Watched, name: str):
    look_at(mei, PAGES[name].format(**watched.names))


def test_boxes_are_ticked_together_and_stay_ticked_when_the_page_changes(
    watched: Watched, open_for: Callable[..., Reader]
):
    page = open_for().open("/alerts")
    act = page.get_by_role("button", name="Silence …")
    expect(act).to_be_disabled()
    page.get_by_label("All on this page").check()
    boxes = page.locator("td .pick")
    assert boxes.count() == page.locator("td .pick:checked").count() > 3
    expect(act).to_be_enabled()
    page.get_by_label("All on this page").uncheck()
    page.get_by_label("Choose DiskFull1").check()
    watched.house.fire("ComesMeanwhile", service="transcripts")
    expect(page.get_by_role("link", name="ComesMeanwhile")).to_be_visible()
    expect(page.get_by_label("Choose DiskFull1")).to_be_checked()
    act.click()
    expect(page).to_have_url(re.compile(r"/silences/new\?pick-"))
    expect(page.locator("#matchers")).to_have_value(re.compile('alertname="DiskFull1"'))


def test_an_alert_is_silenced_by_keyboard_alone(watched: Watched, open_for: Callable[..., Reader]):
    page = open_for().open("/")
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile(r"/alerts$"))
    page.keyboard.press("/")
    page.keyboard.type('alertname="DiskFull2"')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("DiskFull2"))
    page.get_by_label("Choose DiskFull2").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Silence …").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/silences/new"))
    page.get_by_label("Why?").focus()
    page.keyboard.type("a disk is being replaced")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/silences$"))
    expect(page.get_by_role("link", name="a disk is being replaced")).to_be_visible()


def test_everything_is_done_without_a_script(watched: Watched, open_for: Callable[..., Reader]):
    page = open_for(scripts=False).open("/alerts")
    page.get_by_label("Choose DiskFull0").check()
    page.get_by_role("button", name="Silence …").click()
    expect(page.locator(".big-number")).to_have_text("1 alert")
    page.get_by_label("Why?").fill("without a script")
    page.get_by_role("button", name="Make it quiet").click()
    page.get_by_role("link", name="without a script").click()
    page.get_by_role("link", name="End it now").click()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("status").filter(has_text="The silence is over.")).to_be_visible()
    page.goto(page.url.partition("/silences")[0] + "/sources/new?kind=webhook")
    page.get_by_text("What it sends has words of its own").click()
    page.get_by_label("A message, as it is sent").fill('{"title": "Disk full"}')
    page.locator("#s-name").fill("item.title")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".preview")).to_contain_text("Disk full")


def test_on_a_phone_the_calendar_is_a_list_of_the_days_that_have_something(
    watched: Watched, open_for: Callable[..., Reader]
):
    page = open_for(width=390, height=844).open("/maintenance")
    days = page.locator(".calendar td").filter(visible=True)
    assert days.count() < 10
    for each in days.all():
        assert each.locator(".planned").count()
    tops = [box["y"] for each in days.all() if (box := each.bounding_box())]
    assert tops == sorted(set(tops)), "one below the other"
