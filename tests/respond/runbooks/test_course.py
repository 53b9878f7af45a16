"""A person turns a run: begins it at a step, takes it over, has a step run again, goes on by hand from another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import on_sqlite

from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.respond.runbooks.find import Question
from tocsin.respond.runbooks.workshop import Subject

MEI, JUN = "person:mei", "person:jun"
INCIDENT = "INC-2026-0001"
Make = Callable[..., Any]


@pytest.fixture
def shop(running: Any, make_step: Make, make_document: Make, tmp_path: Path) -> Any:
    """A runbook with two looks, two attempts, and a check that holds once the file `up` is there."""
    up = tmp_path / "up"
    running.world.documents["shop-down.md"] = make_document(
        [
            make_step(
                "restart", f"echo restarted >> {tmp_path}/done; test -e {tmp_path}/fixed", level="change"
            )
        ],
        [make_step("rebuild", f"echo rebuilt >> {tmp_path}/done; touch {up}", level="change")],
        diagnosis=[make_step("look", "echo looking"), make_step("count", "echo counting")],
        verification=[make_step("health", f"test -e {up} -o -e {tmp_path}/fixed", expect="exit == 0")],
    )
    return running


def done(folder: Path) -> list[str]:
    return (folder / "done").read_text().split() if (folder / "done").exists() else []


def test_a_run_may_begin_at_any_part_of_its_plan(shop: Any, tmp_path: Path):
    id_ = shop.runs.start(INCIDENT, "shop-down.md", "automatic", MEI, {}, from_step="rung2").id
    assert shop.until(id_, "succeeded", "failed").state == "succeeded"
    assert done(tmp_path) == ["rebuilt"]
    skipped = {row.key: row.why for row in shop.rows(id_) if row.state == "skipped"}
    assert set(skipped) == {"look", "count", "rung1"}
    assert set(skipped.values()) == {"the run began after it"}
    with pytest.raises(Invalid, match="no step nowhere"):
        shop.runs.start(INCIDENT, "shop-down.md", "automatic", MEI, {}, from_step="nowhere")
    with shop.store.read() as conn:
        assert len(shop.runs.of_incident(conn, INCIDENT)) == 1, "what cannot begin leaves no run behind"


def test_taken_over_each_change_waits_for_the_press_of_the_one_who_leads(shop: Any, tmp_path: Path):
    id_ = shop.start("guided", actor=MEI)
    shop.until(id_, "waiting")
    taken = shop.runs.take_over(id_, JUN)
    assert (taken.led_by, taken.actor) == (JUN, MEI)
    assert shop.until(id_, "waiting").waiting_for["step"] == "restart"
    assert [event.actor for event in shop.story() if event.kind == "run.taken"] == [JUN]

    shop.runs.proceed(id_, JUN)  # the restart fails, the next attempt asks
    assert _until_step(shop, id_, "rebuild")
    (tmp_path / "fixed").touch()
    again = shop.runs.retry(id_, "restart", JUN)
    assert again.state in ("wanted", "running")
    assert shop.until(id_, "succeeded", "failed").why == "Attempt 1"
    assert done(tmp_path) == ["restarted", "restarted"]
    assert [row.attempt for row in shop.rows(id_) if row.key == "restart"] == [1, 2]


def test_one_goes_on_by_hand_from_a_step(shop: Any, tmp_path: Path):
    id_ = shop.start("guided", actor=MEI)
    shop.until(id_, "waiting")
    with pytest.raises(Conflict, match="not ended yet"):
        shop.runs.retry(id_, "rebuild", MEI)
    shop.runs.go_on_from(id_, "rebuild", MEI, "a restart has never helped here")
    assert _until_step(shop, id_, "rebuild")
    assert shop.row(id_, "rung1").why == "person:mei: a restart has never helped here"
    shop.runs.proceed(id_, MEI)
    assert shop.until(id_, "succeeded", "failed").state == "succeeded"
    assert done(tmp_path) == ["rebuilt"]
    with pytest.raises(Conflict, match="the run is over"):
        shop.runs.go_on_from(id_, "look", MEI)


def test_what_runs_is_paused_before_it_is_turned(
    running: Any, make_step: Make, make_document: Make, tmp_path: Path
):
    go = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("slow", go, level="change")], [make_step("other", "true", level="change")]
    )
    id_ = running.start()
    running.until(id_, "running")
    with pytest.raises(Conflict, match="a step is under way"):
        running.runs.go_on_from(id_, "other", MEI)
    running.runs.pause(id_, MEI)
    (tmp_path / "go").touch()
    running.until(id_, "paused")
    running.runs.go_on_from(id_, "other", MEI)
    assert running.until(id_, "waiting").waiting_for["step"] == "other", "by hand: it waits for a press"
    running.runs.cancel(id_, MEI)


@on_sqlite
def test_in_a_drill_nothing_changes(shop: Any, tmp_path: Path):
    checks = shop.runs.start(None, "shop-down.md", "drill:checks", MEI).id
    run = shop.until(checks, "succeeded", "failed", "waiting")
    assert shop.printed(checks, "look") == "looking\n"
    assert shop.row(checks, "restart").why == "not run: in this drill only what reads is run"
    assert done(tmp_path) == []

    read = shop.runs.start(None, "shop-down.md", "drill:read-through", MEI).id
    for step in ("look", "count", "restart"):
        assert _until_step(shop, read, step)
        shop.runs.proceed(read, MEI)
    assert _until_step(shop, read, "rung1.v1.health")
    shop.runs.proceed(read, MEI)
    assert shop.until(read, "succeeded").mode == "drill:read-through"
    assert shop.printed(read, "look") == ""
    assert done(tmp_path) == []
    assert run.incident is None

    with shop.store.read() as conn:
        assert shop.runs.scores(conn, "shop-down.md") == {}, "a drill is no score"


@on_sqlite
def test_runs_are_searched_compared_and_keep_score(shop: Any, tmp_path: Path):
    first = shop.start()
    shop.until(first, "succeeded", "failed")
    (tmp_path / "fixed").touch()
    second = shop.start()
    shop.until(second, "succeeded", "failed")

    with shop.store.read() as conn:

        def asked(**question: Any) -> list[str]:
            return [run.id for run in shop.runs.search(conn, Question(**question))]

        assert asked() == [second, first]
        assert asked(text="SHOP down") == [second, first]
        assert asked(text="rebuild") == [first]
        assert asked(text="100% _") == []
        assert asked(printed="counting") == [second, first]
        assert asked(printed="nothing of it") == []
        assert asked(actor=MEI, states=("succeeded",), service="shop", incident=INCIDENT) == [second, first]
        assert asked(actor=JUN) == asked(modes=("guided",)) == asked(path="other.md") == []
        assert [run.id for run in shop.runs.search(conn, Question(), limit=1, after=second)] == [first]

        told = shop.runs.compare(conn, first, second)
        assert told.same_document
        steps = {each.key: each for each in told.steps}
        assert not steps["look"].differs
        assert (steps["restart"].one.ok, steps["restart"].other.ok) == (False, True)
        assert steps["rebuild"].other is None

        scores = shop.runs.scores(conn, "shop-down.md")
        assert {title: (each.tried, each.worked) for title, each in scores.items()} == {
            "Attempt 1": (2, 1),
            "Attempt 2": (1, 1),
        }
        assert scores["Attempt 1"].median_s is not None
        assert scores["Attempt 1"].last_at is not None


def _until_step(hall: Any, id_: str, step: str) -> bool:
    import time

    end = time.monotonic() + 60
    while time.monotonic() < end:
        run = hall.run(id_)
        if run.state == "waiting" and run.waiting_for["step"] == step:
            return True
        time.sleep(0.02)
    return False
