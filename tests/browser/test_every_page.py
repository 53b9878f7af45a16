"""Every page, in both languages, light and dark, wide and on a phone: no barrier, no sideways scroll, no complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from burning import PASSWORD, Burning
from diagnosed import diagnosed
from eyes import Reader, look_at
from playwright.sync_api import Browser

from tocsin.act import notify
from tocsin.faces.web.security import LANGUAGE_COOKIE, SESSION_COOKIE
from tocsin.learn.exercises import store as drills

pytestmark = pytest.mark.browser
LANGUAGES = {"en": "en", "zh_Hant": "zh-Hant"}


class Fire:
    """Everything at once: thirty alerts and a live run that waits, a missed clock, something that nobody has."""

    def __init__(self, house: Burning) -> None:
        self.outage = house.outage(30)
        house.app.incidents.acknowledge(self.outage, "person:mei")
        house.app.incidents.note(self.outage, "deploy 4f2c at 10:12 touched the cache keys", "person:mei")
        self.queue = house.queue()
        house.pass_time(1_700)
        run = house.run(self.outage)
        house.ask(run, "rebuild")
        self.run = run
        self.diagnosis = diagnosed(house.app, self.outage)
        self.asking = diagnosed(house.app, self.queue, over=False)
        self.other = house.app.runs.start(self.outage, "reco/service-down.md", "plan", "person:jun").id
        self.over = house.app.incidents.declare("Login was slow", "", "", "", "person:jun").id
        house.app.incidents.resolve(self.over, "a certificate was renewed", "person:jun")
        title = "Searches for names with an apostrophe time out in the northern region"
        self.unseen = house.app.incidents.declare(title, "recommendation", "P0", "", "person:jun").id
        house.pass_time(301)
        with house.app.store.read() as conn:
            (self.alert,) = [each.id for each in house.app.incidents.alerts(conn, self.queue)]
            page = next(each for each in notify.of_incident(conn, self.unseen))
        self.link = house.app.links.acknowledge(page.id).removeprefix("http://127.0.0.1:9911")
        self.change_the_rota(house)
        self.drill(house)
        self.watch(house)
        test = house.app.escalations.test_page("mei", "person:mei")
        self.test_link = house.app.links.acknowledge(test.id).removeprefix("http://127.0.0.1:9911")

    def watch(self, house: Burning) -> None:
        """A number that is out of bounds, and one that nobody has measured."""
        numbers = "{title: Error rate, service: recommendation, measure: error_rate, reaches: 5 %}"
        other = "{service: transcripts, measure: queue_depth}"
        written = house.folder / "tocsin.yaml"
        known = written.read_text(encoding="utf-8")
        more = f"monitors: {{errors: {numbers}, queue: {other}}}\n"
        written.write_text(f"{known}\n{more}", encoding="utf-8")
        assert house.app.reload() == []
        house.app.monitors.tick()
        for value in (0.01, 0.02, 0.3, 0.4):
            house.clock.tick(30)
            house.app.measures.push("recommendation", {"error_rate": value})
            house.clock.tick(1)
            house.app.monitors.tick()

    def drill(self, house: Burning) -> None:
        """One that went badly: nobody took it on."""
        now = house.clock.now()
        marks = [
            {"name": "detect", "took_s": 41.0, "allowed_s": 300.0, "ok": True},
            {"name": "acknowledge", "took_s": None, "allowed_s": 300.0, "ok": False},
            {"name": "restore", "took_s": 1_500.0, "allowed_s": None, "ok": True},
        ]
        house.app.store.write(
            lambda conn: drills.add(
                conn,
                id="exe_killed",
                fault="api-killed",
                title="Every API process is killed",
                service="recommendation",
                by="person:jun",
                state="failed",
                wish="",
                created_at=now,
                begun_at=now,
                ended_at=now,
                incident=self.over,
                runbook="reco/service-down.md",
                printed="container shop-api-1  Killing",
                why="not in the time that there was for it",
                marks=marks,
            )
        )

    def change_the_rota(self, house: Burning) -> None:
        """Ada stands in for two hours, and Jun asks for the rest of his shift."""
        now = house.clock.now()
        soon, later, end = (now + timedelta(hours=hours) for hours in (1, 3, 30))
        house.app.overrides.put(
            schedule="backend", person="ada", start=soon, end=later, reason="Training", by="person:mei"
        )
        house.app.swaps.ask(
            schedule="backend", giver="jun", taker="mei", start=later, end=end, note="x", by="person:jun"
        )


@pytest.fixture(scope="module")
def fire(house: Burning) -> Fire:
    return Fire(house)


PAGES: dict[str, Callable[[Fire], str]] = {
    "dashboard": lambda fire: "/",
    "declaring": lambda fire: "/?act=declare",
    "a live run, thirty alerts": lambda fire: f"/incidents/{fire.outage}",
    "approving": lambda fire: f"/incidents/{fire.outage}?act=approve",
    "a missed clock": lambda fire: f"/incidents/{fire.unseen}",
    "what is over": lambda fire: f"/incidents/{fire.over}",
    "updates": lambda fire: f"/incidents/{fire.outage}/updates",
    "handing a role over": lambda fire: f"/incidents/{fire.outage}/roles/commander/handover",
    "report": lambda fire: f"/incidents/{fire.outage}/report",
    "alerts": lambda fire: "/alerts",
    "alert": lambda fire: f"/alerts/{fire.alert}",
    "monitors": lambda fire: "/monitors",
    "a monitor": lambda fire: "/monitors/errors",
    "no alerts": lambda fire: "/alerts?state=resolved",
    "on call": lambda fire: "/oncall",
    "a month of a rota": lambda fire: "/oncall/schedules/backend",
    "a week with gaps": lambda fire: "/oncall/schedules/night?view=week",
    "standing in": lambda fire: "/oncall/schedules/night/override?from=20261124T0100Z&until=20261124T1000Z",
    "asking for a swap": lambda fire: "/oncall/schedules/backend/swap",
    "handing over": lambda fire: "/oncall/schedules/backend/handover",
    "hours and nights": lambda fire: "/oncall/load",
    "how I am paged": lambda fire: "/oncall/people/mei",
    "versions and roll backs": lambda fire: "/rollouts",
    "rolling back": lambda fire: f"/incidents/{fire.unseen}?act=rule-off",
    "runbooks": lambda fire: "/runbooks",
    "runbook": lambda fire: "/runbooks/reco/service-down.md",
    "diagnoses": lambda fire: "/diagnoses",
    "a diagnosis": lambda fire: f"/diagnoses/{fire.diagnosis}",
    "answers that come": lambda fire: f"/diagnoses/{fire.asking}",
    "drills": lambda fire: "/drills",
    "a drill": lambda fire: "/drills/exe_killed",
    "approvals": lambda fire: "/approvals",
    "runs": lambda fire: "/runs",
    "a run": lambda fire: f"/runs/{fire.run}",
    "two runs": lambda fire: f"/runs/compare?one={fire.run}&other={fire.other}",
    "acknowledge": lambda fire: fire.link,
    "a test page": lambda fire: fire.test_link,
    "nothing": lambda fire: "/nothing",
}


@pytest.fixture(scope="module", params=LANGUAGES)
def mei(request: pytest.FixtureRequest, chromium: Browser, served: str, house: Burning) -> Iterator[Reader]:
    """Mei, in one language after the other."""
    session = house.app.accounts.sign_in("mei", PASSWORD)
    opened = Reader(chromium, served, cookies={SESSION_COOKIE: session, LANGUAGE_COOKIE: request.param})
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier(mei: Reader, fire: Fire, name: str):
    look_at(mei, PAGES[name](fire), but="404" if name == "nothing" else "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_doors_have_no_barrier(chromium: Browser, served: str, language: str, monkeypatch: pytest.MonkeyPatch,
                                   house: Burning):  # fmt: skip
    monkeypatch.setattr(house.app.accounts, "set_up_is_open", lambda _: True)
    stranger = Reader(chromium, served, cookies={LANGUAGE_COOKIE: language})
    for path in ("/sign-in", "/setup/set_first"):
        look_at(stranger, path)
    stranger.close()


def test_the_eyes_see(reader: Reader):
    """The instruments themselves: each of these would be noticed."""
    page = reader.open("/alerts")
    assert reader.barriers() == reader.wider() == reader.small() == reader.complaints == []
    page.evaluate("""() => {
        document.querySelector("label[for=q]").remove();
        document.querySelector("#q").removeAttribute("placeholder");
        document.querySelector("h1").style.minWidth = "3000px";
        document.querySelector("h1").style.color = "#ddd";
        const button = document.querySelector(".search button");
        button.textContent = "";
        button.style.minHeight = "10px";
        document.body.append(Object.assign(document.createElement("img"), { src: "http://elsewhere.example/x" }));
    }""")
    found = {each.partition(":")[0] for each in reader.barriers()}
    assert found >= {"label", "button-name", "image-alt", "color-contrast"}
    assert reader.wider()[0].startswith("the page is 3")
    assert reader.small()[0].startswith("BUTTON")
    assert "Content Security Policy" in reader.complaints[0]
