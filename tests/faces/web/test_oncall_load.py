"""What a month of on call costs each of us, as a page and as a table that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from burning import Burning
from sqlalchemy import update
from walking import Browser

from tocsin.act.notify.store import delivery
from tocsin.faces.web.oncall_load import sheet


def paged(shop: Burning) -> None:
    """The first pages of an incident leave at half past two at night."""
    shop.clock.tick(8 * 3_600)
    shop.outage()
    now = shop.clock.now()
    shop.app.store.write(
        lambda conn: conn.execute(
            update(delivery)
            .where(delivery.c.person.is_not(None), delivery.c.state == "claimed")
            .values(state="sent", sent_at=now)
        )
    )


def rows(browser: Browser, query: str = "") -> list[dict[str, str]]:
    answer = browser.send("GET", f"/oncall/load.csv{query}").answer
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_month_says_who_carried_what(shop: Burning, mei: Browser):
    paged(shop)
    shown = mei.open("/oncall/load")
    assert "November 2026" in shown.text
    assert "JW Jun Wu" in shown.text
    (jun,) = [each for each in rows(mei) if each["person"] == "jun"]
    assert (jun["pages"], jun["pages_at_night"], jun["nights_disturbed"]) == ("1", "1", "1")
    assert (jun["month"], jun["name"], jun["incidents"]) == ("2026-11", "Jun Wu", "1")
    assert float(jun["hours"]) > 300
    assert "◆ 1" in shown.text, "a disturbed night stands out, by its shape too"


def test_the_months_are_walked_through(mei: Browser):
    mei.open("/oncall/load")
    assert "December 2026" in mei.click("Later").text
    mei.open("/oncall/load")
    assert "October 2026" in mei.click("Earlier").text
    assert "The month is not over" not in mei.page.text
    assert mei.send("GET", "/oncall/load.csv?month=2026-10").answer.headers["content-disposition"] == (
        'attachment; filename="on-call-2026-10.csv"'
    )


@pytest.mark.parametrize("month", ["x", "2026-13", "0001-01", "9999-12", "", "%00", "2026-11-05"])
def test_an_odd_month_is_this_one(mei: Browser, month: str):
    assert "November 2026" in mei.open(f"/oncall/load?month={month}").text
    assert {each["month"] for each in rows(mei, f"?month={month}")} == {"2026-11"}


@pytest.mark.parametrize("edge", ["2000-01", "2199-01"])
def test_the_months_have_two_ends(mei: Browser, edge: str):
    for way in ("Earlier", "Later"):
        mei.open(f"/oncall/load?month={edge}")
        assert mei.click(way).status == 200


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_name_is_never_a_formula(name: str):
    written = sheet(("name", "hours"), [(name, 1.5)]).decode("utf-8-sig")
    ((cell, hours),) = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert cell == f"'{name}"
    assert hours == "1.5"


def test_what_is_no_formula_stays_as_it_is():
    written = sheet(("name",), [("Mei, “the =” Chen",), ("陳大文",), (-1,)]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(written))) == [["name"], ["Mei, “the =” Chen"], ["陳大文"], ["-1"]]


def test_a_person_of_the_configuration_cannot_smuggle_one(shop: Burning, mei: Browser):
    file = shop.folder / "tocsin.yaml"
    file.write_text(file.read_text().replace("name: Jun Wu", "name: '=HYPERLINK(1)'"))
    assert shop.app.reload() == []
    assert {each["name"] for each in rows(mei)} == {"Mei-Ling Chen", "'=HYPERLINK(1)"}


def test_who_stood_in_for_an_hour_is_in_it(shop: Burning, mei: Browser):
    now = shop.clock.now()
    shop.app.overrides.put(
        schedule="backend", person="ada", start=now, end=now + timedelta(hours=1), reason="", by="person:mei"
    )
    (ada,) = [each for each in rows(mei) if each["person"] == "ada"]
    assert float(ada["hours"]) == 1
