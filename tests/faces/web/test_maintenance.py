"""Work is planned in a calendar that reads as one, by the clock on the reader's wall."""

from __future__ import annotations

from datetime import timedelta

import pytest
from burning import Burning
from walking import Browser

from tocsin.sense.alerts.maintenance import Window


def window(shop: Burning, title: str = "Upgrade", hours: float = 0, **more: object) -> Window:
    """One that begins in so many hours and lasts one."""
    start = shop.clock.now() + timedelta(hours=hours)
    given = {
        "title": title,
        "services": ["recommendation"],
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "created_by": "person:mei",
        "zone": "Asia/Taipei",
    }
    return shop.app.folds.maintenance.put(**{**given, **more})  # pyright: ignore[reportArgumentType] - passed on


def days(page: str, title: str) -> list[str]:
    """The days of the calendar that name a window."""
    cells = page.partition('class="calendar')[2].split("<td")[1:]
    return [
        cell.partition('datetime="')[2].partition('"')[0]
        for cell in cells
        if title in cell.partition("</td>")[0]
    ]


def test_nothing_is_planned_and_the_page_says_how_to(mei: Browser):
    assert "recurs: FREQ=WEEKLY;BYDAY=SU" in mei.open("/maintenance").text


def test_a_window_is_planned_by_the_clock_on_the_wall(shop: Burning, mei: Browser):
    mei.open("/maintenance")
    mei.click("Plan a window")
    shown = mei.press(
        "Plan it",
        **{"title": "Upgrade of Postgres", "service-transcripts": "yes"},
        starts="2026-11-24T22:00",
        ends="2026-11-25T02:00",
        repeats="weekly",
        comment="from 15 to 16",
    )
    assert "The maintenance window is planned." in shown.text
    assert "Upgrade of Postgres Transcript queue ↻ every week" in shown.text
    assert days(shown.html, "Upgrade of Postgres") == [
        "2026-11-24",
        "2026-11-25",
        *("2026-12-01", "2026-12-02"),
    ]
    made = next(each for each in shop.app.folds.maintenance.list())
    assert f"{made.starts_at:%Y-%m-%dT%H:%M %Z}" == "2026-11-24T14:00 UTC"
    assert (made.recurs, made.zone) == ("FREQ=WEEKLY;BYDAY=TU", "Asia/Taipei")


def test_the_calendar_is_walked_through_by_months_and_weeks(shop: Burning, mei: Browser):
    window(shop, "Long one", 24, ends_at=shop.clock.now() + timedelta(days=3))
    mei.open("/maintenance?at=2026-11-21")
    assert "November 2026" in mei.page.text
    assert "all day" in mei.page.text
    mei.click("Later")
    assert "December 2026" in mei.page.text
    assert days(mei.page.html, "Long one") == []
    mei.open("/maintenance?view=week")
    assert days(mei.page.html, "Long one") == ["2026-11-22"]
    mei.click("Later")
    assert days(mei.page.html, "Long one") == ["2026-11-23", "2026-11-24"]


@pytest.mark.parametrize("query", ["at=2026-13-99", "at=0001-01-01", "at=9999-12-31", "view=year", "at=%00"])
def test_an_odd_day_is_today(mei: Browser, query: str):
    assert "November 2026" in mei.open(f"/maintenance?{query}").text


@pytest.mark.parametrize("edge", ["2000-01-01", "2199-12-01"])
def test_the_calendar_has_two_ends(mei: Browser, edge: str):
    mei.open(f"/maintenance?at={edge}")
    assert mei.click("Earlier").status == mei.click("Later").status == 200


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"starts": ""}, "When does it begin?"),
        ({"ends": ""}, "When does it end?"),
        ({"ends": "2026-11-24T21:00"}, "it ends before it begins"),
        ({"starts": "soon"}, "This is no date and time."),
        ({"matchers": "a word"}, "A word alone chooses nothing here."),
    ],
)
def test_a_slip_is_told_and_what_was_typed_stays(
    shop: Burning, mei: Browser, typed: dict[str, str], told: str
):
    mei.open("/maintenance/new")
    given = {
        "title": "Upgrade",
        "service-recommendation": "yes",
        "starts": "2026-11-24T22:00",
        "ends": "2026-11-24T23:00",
    }
    shown = mei.press("Plan it", **{**given, **typed})
    assert told in shown.text
    assert shown.status == 422
    form = next(each for each in shown.forms if "title" in each.fields)
    assert form.fields["title"] == "Upgrade"
    assert shop.app.folds.maintenance.list() == []


def test_a_window_is_about_something(shop: Burning, mei: Browser):
    mei.open("/maintenance/new")
    shown = mei.press("Plan it", title="Upgrade", starts="2026-11-24T22:00", ends="2026-11-24T23:00")
    assert shown.status == 422
    assert "a window is about services or matchers" in shown.text


def test_one_under_way_holds_alerts_back_and_is_ended(shop: Burning, mei: Browser):
    window(shop)
    shop.fire("HighErrorRate", service="recommendation", availability="0.02")
    assert "◔ in maintenance until Sat 21 Nov, 19:30 · Upgrade" in mei.open("/alerts").text
    mei.click("Upgrade")
    assert "◔ under way" in mei.page.text
    shown = mei.press("End it now")
    assert "The window is over." in shown.text
    assert "in maintenance" not in mei.open("/alerts").text


def test_a_series_goes_on_when_one_of_it_ends_and_ends_when_it_is_told(shop: Burning, mei: Browser):
    made = window(shop, "Weekly", recurs="FREQ=WEEKLY;BYDAY=SA")
    mei.open(f"/maintenance/{made.id}")
    mei.press("End it now")
    assert "○ planned Weekly" in mei.page.text
    mei.open(f"/maintenance/{made.id}")
    assert "Its next times Sat 28 Nov, 18:30" in mei.page.text
    mei.press("End the whole series", series="yes")
    assert "Past windows Weekly" in mei.page.text


def test_a_window_is_changed_and_keeps_its_rule(shop: Burning, mei: Browser):
    made = window(shop, "Odd", 24, recurs="FREQ=MONTHLY;BYMONTHDAY=8,22")
    mei.open(f"/maintenance/{made.id}")
    mei.press("Change it", title="Odd one")
    changed = shop.app.folds.maintenance.get(made.id)
    assert (changed.title, changed.recurs) == ("Odd one", "FREQ=MONTHLY;BYMONTHDAY=8,22")
    mei.open(f"/maintenance/{made.id}")
    mei.press("Change it", repeats="daily")
    assert shop.app.folds.maintenance.get(made.id).recurs == "FREQ=DAILY"


def test_what_recurs_keeps_the_clock_of_its_zone_whoever_changes_it(shop: Burning, mei: Browser):
    made = window(shop, "Far away", 24, recurs="FREQ=DAILY", zone="America/New_York")
    shown = mei.open(f"/maintenance/{made.id}")
    assert "America/New_York" in shown.text
    mei.press("Change it", title="Farther away")
    changed = shop.app.folds.maintenance.get(made.id)
    assert (changed.title, changed.zone) == ("Farther away", "America/New_York")
    assert (changed.starts_at, changed.ends_at) == (made.starts_at, made.ends_at)


def test_what_stands_in_the_configuration_is_not_changed_here(shop: Burning, mei: Browser):
    file = shop.folder / "tocsin.yaml"
    planned = "maintenance:\n  nightly: {services: [transcripts], starts_at: 2026-11-21T23:00, lasts: 1h}\n"
    file.write_text(file.read_text() + planned)
    assert shop.app.reload() == []
    mei.open("/maintenance")
    shown = mei.click("nightly")
    assert "It stands in tocsin.yaml" in shown.text
    assert not {"Change it", "Call it off", "End it now"} & set(shown.buttons())


def test_who_may_only_look_plans_nothing(shop: Burning, ada: Browser):
    made = window(shop)
    assert "Upgrade" in ada.open("/maintenance").text
    assert not {"Change it", "End it now"} & set(ada.open(f"/maintenance/{made.id}").buttons())
    assert ada.open("/maintenance/new").status == 403
    assert ada.open("/maintenance/nothing").status == 404
