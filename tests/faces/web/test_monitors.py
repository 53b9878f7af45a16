"""Numbers on a page: what is out of bounds stands first, with a line of how it went; and the rounds of checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from burning import TAIPEI, Burning
from walking import Browser

from tocsin.faces.web.sparkline import HEIGHT, WIDTH, Dot, sparkline
from tocsin.sense.monitor import store as rounds

MONITORS = """
monitors:
  errors: {title: Error rate, service: recommendation, measure: error_rate, reaches: 5 %}
  users: {title: Active users, service: recommendation, measure: users, falls_by: 30 %, normal: 1000, unit: users}
  queue: {title: Queue, service: transcripts, measure: queue_depth}
  disk:
    service: transcripts
    measure: disk
    probe: {kind: sql, dsn: "sqlite:////nowhere.db", query: "SELECT 1"}
    reaches: 0.9
    blind_after: 1m
"""


@pytest.fixture
def watched(shop: Burning) -> Burning:
    (shop.folder / "tocsin.yaml").write_text(TAIPEI + MONITORS, encoding="utf-8")
    assert shop.app.reload() == []
    shop.app.monitors.tick()
    return shop


def push(house: Burning, *values: tuple[float, float]) -> None:
    for error_rate, users in values:
        house.clock.tick(30)
        house.app.measures.push("recommendation", {"error_rate": error_rate, "users": users})
        house.clock.tick(1)
        house.app.monitors.tick()


def test_what_is_out_of_bounds_stands_first(watched: Burning, ada: Browser):
    push(watched, (0.01, 990), (0.3, 980), (0.3, 970), (0.31, 965))
    shown = ada.open("/monitors")
    assert shown.status == 200
    states = ("▲ out of bounds", "◆ not measured", "○ no value yet", "✓ within bounds")
    places = [shown.text.find(each) for each in states]
    assert places == sorted(places), shown.text
    assert places[0] > 0
    for words in (
        "P1",
        "Error rate",
        "0.31",
        "0.05 or more",
        "usually 1000 users",
        "not measured",
        "no value yet",
    ):
        assert words in shown.text, words
    assert "there is no database at" in shown.text
    one = ada.open("/monitors/errors")
    for words in (
        "Error rate: 0.31",
        "P1",
        "4 values, 3 of them out of bounds",
        "m.error_rate",
        "by who pushes it",
    ):
        assert words in one.text, words
    assert ada.open("/monitors/users").text.count("◆ out of bounds") == 0
    assert ada.open("/monitors/disk").status == 200
    assert ada.open("/monitors/nothing").status == 404


def test_an_empty_house_says_how_to_begin(shop: Burning, ada: Browser):
    shown = ada.open("/monitors")
    assert "No number is watched yet" in shown.text
    assert "No service has checks yet." in shown.text


def test_the_page_of_an_incident_shows_the_rounds_of_the_checks(shop: Burning, ada: Browser):
    outage = shop.outage()
    assert "Its checks" not in ada.open(f"/incidents/{outage}").text
    from tocsin.act.checks import Finding, Round

    begun = shop.clock.now()
    for minute, ok in enumerate((False, False, True, True)):
        text = "200 in 12 ms" if ok else "503 in 9 ms"
        finding = Finding(check="health", ok=ok, text=text, ms=9 + minute)
        looked = Round(at=begun + timedelta(minutes=minute), findings=(finding,))
        shop.app.store.write(lambda conn, looked=looked: rounds.remember(conn, "recommendation", looked))
    shown = ada.open(f"/incidents/{outage}")
    assert "Its checks" in shown.text
    assert "✓ all pass" in shown.text
    assert "4 rounds, 2 of them failed" in shown.text
    assert shown.html.count('class="bad"') == 2


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def dots(*values: float, bad: tuple[int, ...] = ()) -> list[Dot]:
    return [
        Dot(at=NOON + timedelta(minutes=place), value=value, bad=place in bad)
        for place, value in enumerate(values)
    ]


def test_a_line_reaches_from_edge_to_edge_and_knows_its_bound():
    line = sparkline(dots(0, 5, 10, bad=(2,)), limit=10)
    assert line is not None
    assert line.path == f"M0.0 {HEIGHT - 2}L{WIDTH / 2} {HEIGHT / 2}L{WIDTH} 2.0"
    assert line.dots == ((WIDTH, 2.0),)
    assert (line.least, line.most, line.count, line.bad, line.limit_y) == (0, 10, 3, 1, 2.0)
    assert sparkline(dots(3)) is None
    flat = sparkline(dots(7, 7, 7))
    assert flat is not None
    assert {each.split()[1] for each in flat.path.lstrip("M").split("L")} == {str(HEIGHT / 2)}


def test_a_line_has_a_gap_where_nothing_was_measured_and_loses_no_bad_value():
    before, after = dots(1, 2, 3), dots(1, 2, 3)
    later = [Dot(at=each.at + timedelta(hours=1), value=each.value) for each in after]
    line = sparkline([*before, *later])
    assert line is not None
    assert line.path.count("M") == 2
    many = sparkline(dots(*[1.0] * 2_880, bad=(1_777,)))
    assert many is not None
    assert (many.count, len(many.dots)) == (2_880, 1)
    assert many.path.count("L") < 240
