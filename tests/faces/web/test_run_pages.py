"""Runs are found again: in a list with a search, one by itself, two side by side, and all that a step has printed."""

from __future__ import annotations

import pytest
from burning import Burning
from walking import Browser

from tocsin.respond.runbooks import store as rows


@pytest.fixture
def run(shop: Burning) -> str:
    return shop.run(shop.outage())


def test_runs_are_listed_searched_and_compared(shop: Burning, mei: Browser, run: str):
    with shop.app.store.read() as conn:
        known = shop.app.runs.get(conn, run)
    other = shop.app.runs.start(known.incident, known.path, "plan", "person:jun").id
    shown = mei.open("/runs")
    assert known.title in shown.text
    assert {f"/runs/{run}", f"/runs/{other}"} <= {href for _, href in shown.links}
    assert "No run fits." in mei.open("/runs?q=nothing+of+the+kind").text
    assert "No run fits." in mei.open("/runs?state=failed").text

    side = mei.open(f"/runs/compare?one={run}&other={other}")
    assert "not reached" in side.text
    assert mei.open(f"/runs/compare?one={run}&other=run_nobody").status == 404


def test_a_run_has_a_page_that_tells_how_often_each_attempt_helped(shop: Burning, mei: Browser, run: str):
    def job(conn: rows.Connection) -> None:
        rows.change(conn, run, state="succeeded", ended_at=shop.clock.now())
        rows.change_attempt(conn, run, "rung1", 1, "finished", title="Option 1: Restart the service")

    shop.app.store.write(job)
    with shop.app.store.read() as conn:
        again = shop.app.runs.get(conn, run)
    later = shop.app.runs.start(again.incident, again.path, "guided", "person:mei").id
    shown = mei.open(f"/runs/{later}")
    assert "tried 1 times, never worked" in shown.text
    assert f"/runs/compare?one={run}&other={later}" in {href for _, href in shown.links}
    mei.press("Pause")
    assert "paused" in mei.open(f"/runs/{later}").text


def test_much_output_is_sent_piece_by_piece_and_whole(shop: Burning, mei: Browser, run: str):
    line = "x" * 59_999 + "\n"

    def job(conn: rows.Connection) -> None:
        for seq in range(1, 40):
            kept = {"step": "much", "attempt": 1, "seq": seq, "stream": "out", "offset": seq * len(line)}
            rows.put_output(conn, [{"run": run, "text": line, "at": shop.clock.now(), **kept}])

    shop.app.store.write(job)
    answer = mei.open(f"/runs/{run}/output/much")
    assert (answer.status, len(answer.html)) == (200, 39 * len(line))
