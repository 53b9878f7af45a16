"""One rota: who is on call on which day, what people changed in it, and how good it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from burning import Burning
from walking import Browser, Shown

PAGE = "/oncall/schedules/backend"


def put(shop: Burning, person: str = "ada", hours: float = 1, lasts: float = 2, reason: str = "") -> str:
    start = shop.clock.now() + timedelta(hours=hours)
    end = start + timedelta(hours=lasts)
    made = shop.app.overrides.put(
        schedule="backend", person=person, start=start, end=end, reason=reason, by="person:mei"
    )
    return made.id


def bars(shown: Shown, mark: str) -> int:
    """How many bars of the calendar have this class."""
    return sum(
        tag == "li" and {"shift", mark} <= set(given.get("class", "").split())
        for tag, given in shown.elements
    )


def test_the_page_answers_first_who_it_is(mei: Browser):
    text = mei.open(PAGE).text
    assert "Backend JW Jun Wu until Mon 23 Nov, 09:00 in 1 d · then Mei-Ling Chen" in text
    assert "November 2026" in text
    assert "Who is next MC Mei-Ling Chen Mon 23, 09:00 – Mon 30, 09:00" in text
    assert "Times are those of Asia/Taipei." in text


def test_it_is_walked_through_by_months_and_weeks(mei: Browser):
    mei.open("/oncall")
    mei.click("Backend")
    assert "December 2026" in mei.click("Later").text
    mei.open(PAGE)
    assert "October 2026" in mei.click("Earlier").text
    mei.open(PAGE)
    assert "16 Nov 2026 – 22 Nov 2026" in mei.click("Week").text
    assert "23 Nov 2026 – 29 Nov 2026" in mei.click("Later").text
    assert "23 Nov 2026" in mei.click("Week").text, "the other view is of the same time"
    assert "November 2026" in mei.click("Month").text


@pytest.mark.parametrize(
    "query", ["at=2026-13-99", "at=0001-01-01", "at=9999-12-31", "view=year", "at=%00", "view=week&at=x"]
)
def test_an_odd_day_is_today(mei: Browser, query: str):
    assert "Nov 2026" in mei.open(f"{PAGE}?{query}").text.replace("November", "Nov")


@pytest.mark.parametrize("edge", ["2000-01-03", "2198-12-01", "2199-12-01"])
@pytest.mark.parametrize("view", ["month", "week"])
def test_the_calendar_has_two_ends(mei: Browser, edge: str, view: str):
    mei.open(f"{PAGE}?view={view}&at={edge}")
    assert mei.page.status == 200
    assert mei.click("Earlier").status == 200
    mei.open(f"{PAGE}?view={view}&at={edge}")
    assert mei.click("Later").status == 200


def test_what_nobody_has_is_marked_in_words_and_offers_the_form(mei: Browser):
    shown = mei.open("/oncall/schedules/night?view=week&at=2026-11-24")
    assert bars(shown, "gap") == 7
    assert "▲ nobody" in shown.text
    assert "Nobody is on call 61 times in the next 12 weeks" in shown.text
    gaps = [href for label, href in shown.links if "nobody" in label]
    form = mei.open(gaps[0])
    assert "Put somebody on call" in form.title


def test_an_override_is_told_from_the_rota_with_author_and_reason(shop: Burning, mei: Browser):
    put(shop, reason="Jun is at the dentist")
    shown = mei.open(PAGE)
    assert bars(shown, "instead") == 1
    assert "↷ Ada Lin (instead)" in shown.text
    assert "Jun is at the dentist ↷ Mei-Ling Chen" in shown.text


def test_what_the_configuration_overrides_is_shown_and_not_taken_back_here(shop: Burning, mei: Browser):
    file = shop.folder / "tocsin.yaml"
    planned = '{person: ada, from: "2026-11-24T09:00", until: "2026-11-25T09:00", reason: training}'
    written = file.read_text().replace(
        "backend: {title: Backend, layers:", f"backend: {{title: Backend, overrides: [{planned}], layers:"
    )
    file.write_text(written)
    assert shop.app.reload() == []
    shown = mei.open(PAGE)
    assert "AL Ada Lin Tue 24 Nov, 09:00 – Wed 25 Nov, 09:00 training ↷ tocsin.yaml" in shown.text
    assert not any(button.startswith("Take it back") for button in shown.buttons())


def test_findings_are_told_in_the_readers_language(shop: Burning):
    jun = Browser(shop.asgi).sign_in("jun")
    assert "接下來 12 週有 61 段空班" in jun.open("/oncall/schedules/night").text


def test_a_reader_elsewhere_reads_their_own_clock_and_which_one_the_rota_keeps(shop: Burning, mei: Browser):
    file = shop.folder / "tocsin.yaml"
    file.write_text(file.read_text().replace("title: backend engineer", "time_zone: Europe/Berlin"))
    assert shop.app.reload() == []
    shown = mei.open(PAGE)
    assert "until Mon 23 Nov, 02:00" in shown.text
    assert "Times are those of Europe/Berlin. The schedule itself goes by Asia/Taipei." in shown.text


def test_who_may_only_look_finds_no_link_that_refuses_them(ada: Browser):
    shown = ada.open(PAGE)
    assert not [href for _, href in shown.links if "override" in href or "swap" in href]
    assert "Put somebody on call" not in shown.text
    assert ada.open(f"{PAGE}/override").status == ada.open(f"{PAGE}/swap").status == 403


def test_a_schedule_that_is_not_there_is_told_so(mei: Browser):
    shown = mei.open("/oncall/schedules/nothing")
    assert shown.status == 404
    assert "There is no schedule nothing." in shown.text


def test_a_dense_month_stays_small(shop: Burning, mei: Browser):
    file = shop.folder / "tocsin.yaml"
    file.write_text(file.read_text().replace("rotation: weekly", "rotation: 4h"))
    assert shop.app.reload() == []
    shown = mei.open(PAGE)
    assert shown.status == 200
    assert len(shown.html.encode()) < 120_000
