"""Runs from their start to their end, with real commands: Mei is on call, Jun operates, Kai approves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from tocsin.ground.accounts import Identity
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.errors import Conflict, Denied, Invalid
from tocsin.respond.runbooks.workshop import Subject

MEI = "person:mei"
JUN = Identity(kind="person", name="jun", person="jun", role="operator")
INCIDENT = "INC-2026-0001"
KAI = Identity(kind="person", name="kai", person="kai", role="approver")
Make = Callable[..., Any]


def test_a_run_climbs_until_a_rung_cures(running: Any, make_step: Make, make_document: Make, tmp_path: Path):
    up = tmp_path / "up"
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "echo restarting; exit 1", level="change")],
        [make_step("rebuild", f"touch {up}; echo rebuilt", level="change")],
        diagnosis=[make_step("look", "echo looking; exit 3", role="diagnosis")],
        verification=[make_step("health", f"test -e {up}", expect="exit == 0", role="verification")],
    )
    id_ = running.start()
    run = running.until(id_, "succeeded", "failed")
    assert (run.state, run.why) == ("succeeded", "Attempt 2")
    assert running.printed(id_, "rebuild") == "rebuilt\n"
    assert [(row.key, row.ok) for row in running.rows(id_)] == [
        ("look", False),
        ("rung1", False),
        ("restart", False),
        ("rung2", True),
        ("rebuild", True),
        ("rung2.v1", True),
        ("rung2.v1.health", True),
    ]
    assert running.kinds() == [
        "run.started",
        "run.step.started",
        "run.step.finished",
        "run.rung.started",
        "run.step.started",
        "run.step.finished",
        "run.rung.finished",
        "run.rung.started",
        "run.step.started",
        "run.step.finished",
        "run.verified",
        "run.rung.finished",
        "run.finished",
    ]
    assert running.world.mitigated == ["Shop is down: Attempt 2"]
    until(lambda: not (tmp_path / "runs" / id_).exists())


def test_a_run_that_cures_nothing_has_failed_and_calls_people(
    running: Any, make_step: Make, make_document: Make
):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "true", level="change")],
        verification=[make_step("health", "echo 503", expect="status == 200")],
    )
    run = running.until(running.start(), "succeeded", "failed")
    assert run.state == "failed"
    assert running.world.pages == ["A runbook has failed: people are needed"]
    assert running.world.mitigated == []
    assert running.row(run.id, "rung1.v1.health").why == "expected status == 200, saw status 503"


def test_the_alert_has_to_clear_within_the_window(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="firing")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "true", level="change")],
        verification=[make_step("health", "echo 200", expect="status == 200")],
    )
    id_ = running.start()
    deadline = time.monotonic() + 10
    while (running.run(id_).waiting_for or {}).get("kind") != "wait":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.world.subject = Subject(service="shop", clear="cleared")
    run = running.until(id_, "succeeded", "failed")
    assert (run.state, running.world.mitigated) == ("succeeded", [])


def test_guided_goes_on_at_each_press(running: Any, make_step: Make, make_document: Make):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("one", "echo 1", level="change"), make_step("two", "echo 2", level="change")],
        diagnosis=[make_step("look", "echo looking")],
        verification=[make_step("health", "true", expect="exit == 0")],
    )
    id_ = running.start("guided")
    run = running.until(id_, "waiting")
    assert (run.waiting_for["kind"], run.waiting_for["step"]) == ("guided", "one")
    assert running.row(id_, "look").ok
    running.runs.proceed(id_, MEI)
    run = running.until(id_, "waiting")
    assert run.waiting_for["step"] == "two"
    running.runs.proceed(id_, MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    with pytest.raises(Conflict):
        running.runs.proceed(id_, MEI)


def test_what_destroys_needs_a_second_person_with_a_reason(
    running: Any, make_step: Make, make_document: Make
):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("wipe", "echo wiped", level="destroy")]
    )
    running.world.subject = Subject(service="shop", clear="cleared")
    id_ = running.start(actor="person:kai")
    run = running.until(id_, "waiting")
    approval = run.waiting_for["approval"]
    assert running.world.pages == ["A run waits for your approval"]
    with pytest.raises(Denied, match="nobody approves their own"):
        running.runs.approve(approval, KAI, "now")
    with pytest.raises(Denied, match="role approver"):
        running.runs.approve(approval, JUN, "now")
    other = replace(KAI, name="lee", person="lee")
    with pytest.raises(Invalid, match="reason"):
        running.runs.approve(approval, other)
    running.runs.approve(approval, other, "the replica is fine")
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    assert running.printed(id_, "wipe") == "wiped\n"
    with pytest.raises(Conflict, match="already decided"):
        running.runs.deny(approval, other)


def test_a_refusal_leads_to_the_next_rung(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("wipe", "echo wiped", level="destroy")],
        [make_step("restart", "echo restarted", level="change")],
    )
    id_ = running.start()
    run = running.until(id_, "waiting")
    running.runs.deny(run.waiting_for["approval"], KAI, "not at noon")
    assert running.until(id_, "succeeded", "failed").why == "Attempt 2"
    assert (running.printed(id_, "wipe"), running.row(id_, "wipe").ok) == ("", False)


def test_a_request_that_nobody_answers_expires(running: Any, make_step: Make, make_document: Make):
    running.world.settings = running.world.settings.model_copy(
        update={"approval_expires": running.world.settings.poll}
    )
    running.world.documents["shop-down.md"] = make_document(
        [make_step("wipe", "echo wiped", level="destroy")]
    )
    id_ = running.start()
    run = running.until(id_, "succeeded", "failed")
    assert run.state == "failed"
    with running.store.read() as conn:
        (approval,) = running.runs.approvals(conn, run=id_)
    assert approval.state == "expired"
    with pytest.raises(Conflict):
        running.runs.approve(approval.id, KAI, "late")


def test_a_service_that_allows_only_reading_is_asked_before_a_change(
    running: Any, make_step: Make, make_document: Make
):
    running.world.service = Service(title="Shop", automatic="read")
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "echo restarted", level="change")],
        diagnosis=[make_step("look", "echo looking")],
    )
    id_ = running.start()
    run = running.until(id_, "waiting")
    assert running.row(id_, "look").ok
    running.runs.approve(run.waiting_for["approval"], JUN)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"


def test_a_person_can_pause_and_go_on(running: Any, make_step: Make, make_document: Make, tmp_path: Path):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [
            make_step(
                "slow",
                f"touch {tmp_path}/slow; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done",
                level="change",
            ),
            make_step("after", "echo after", level="change"),
        ]
    )
    id_ = running.start()
    until(lambda: (tmp_path / "slow").exists())
    assert running.runs.pause(id_, MEI).wish == "pause"
    (tmp_path / "go").touch()
    running.until(id_, "paused")
    assert running.row(id_, "slow").ok
    assert running.printed(id_, "after") == ""
    running.runs.resume(id_, MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    assert [row.attempt for row in running.rows(id_) if row.key == "slow"] == [1]


def test_once_the_incident_is_over_a_run_ends_its_step_and_repairs_nothing_more(
    running: Any, make_step: Make, make_document: Make, tmp_path: Path
):
    slow = f"touch {tmp_path}/slow; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 1"
    running.world.subject = Subject(service="shop", clear="firing")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("slow", slow, level="change")], [make_step("after", "echo after", level="change")]
    )
    id_ = running.start()
    until(lambda: (tmp_path / "slow").exists())
    running.store.write(lambda conn: running.runs.end_with(conn, INCIDENT))
    with pytest.raises(Conflict, match="is ending"):
        running.runs.pause(id_, MEI)
    (tmp_path / "go").touch()
    run = running.until(id_, "succeeded", "failed", "cancelled", "waiting")
    assert (run.state, run.why) == ("cancelled", "the incident is over")
    assert running.row(id_, "slow").state == "finished"
    assert not [row for row in running.rows(id_) if row.key == "after"]
    assert running.world.pages == []


def test_a_run_whose_repair_worked_when_the_incident_ended_has_succeeded(
    running: Any, make_step: Make, make_document: Make, tmp_path: Path
):
    slow = f"touch {tmp_path}/slow; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    running.world.subject = Subject(service="shop", clear="none")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("slow", slow, level="change")],
        verification=[make_step("health", "echo 200", expect="status == 200")],
    )
    id_ = running.start()
    until(lambda: (tmp_path / "slow").exists())
    running.store.write(lambda conn: running.runs.end_with(conn, INCIDENT))
    (tmp_path / "go").touch()
    assert running.until(id_, "succeeded", "failed", "cancelled", "waiting").state == "succeeded"


def test_a_run_that_was_paused_does_not_ask_twice_for_the_same(
    running: Any, make_step: Make, make_document: Make
):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("wipe", "echo wiped", level="destroy")]
    )
    id_ = running.start()
    asked = running.until(id_, "waiting").waiting_for["approval"]
    running.runs.pause(id_, MEI)
    running.runs.resume(id_, MEI)
    assert running.until(id_, "waiting").waiting_for["approval"] == asked
    with running.store.read() as conn:
        assert len(running.runs.approvals(conn, run=id_)) == 1
    assert running.world.pages == ["A run waits for your approval"]
    running.runs.approve(asked, KAI, "the replica is fine")
    assert running.until(id_, "succeeded", "failed").state == "succeeded"


def test_a_late_no_does_not_undo_what_a_person_went_over(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("wipe", "echo wiped", level="destroy"), make_step("call", "Call them", kind="manual")]
    )
    id_ = running.start()
    asked = running.until(id_, "waiting").waiting_for["approval"]
    running.runs.skip(id_, "wipe", "wiped by hand", MEI)
    until(lambda: (running.run(id_).waiting_for or {}).get("step") == "call")
    running.runs.deny(asked, KAI, "no")
    running.runs.answer(id_, "call", "done", MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"


def test_cancel_ends_the_command_and_all_that_it_started(
    running: Any, make_step: Make, make_document: Make, tmp_path: Path
):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("slow", f"sleep 300 & echo $! > {tmp_path}/child; wait", level="change", timeout_s=300)]
    )
    id_ = running.start()
    until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
    running.runs.cancel(id_, MEI)
    run = running.until(id_, "cancelled")
    assert run.outcome == "cancelled"
    child = int((tmp_path / "child").read_text())
    until(lambda: not _alive(child))
    assert running.row(id_, "slow").why == "was cancelled"


def test_cancel_reaches_a_run_that_sleeps(running: Any, make_step: Make, make_document: Make):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "true", level="change", wait_s=600)]
    )
    id_ = running.start()
    until(lambda: running.run(id_).waiting_for)
    assert running.runs.cancel(id_, MEI).state == "cancelled"


def test_a_wait_can_be_paused_and_gone_on_with(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "true", level="change", wait_s=5)]
    )
    id_ = running.start()
    until(lambda: running.run(id_).waiting_for)
    assert running.runs.pause(id_, MEI).state == "paused"
    running.runs.resume(id_, MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"


def test_a_manual_step_waits_for_its_tick(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [
            make_step("call", "Call the provider", kind="manual"),
            make_step("tell", "Tell the support", kind="manual"),
            make_step("restart", "echo ok", level="change"),
        ]
    )
    id_ = running.start()
    run = running.until(id_, "waiting")
    assert run.waiting_for["kind"] == "manual"
    assert running.world.pages == ["A run waits for somebody"]
    with pytest.raises(Invalid):
        running.runs.answer(id_, "call", "maybe", MEI)
    running.runs.answer(id_, "call", "done", MEI)
    until(lambda: (running.run(id_).waiting_for or {}).get("step") == "tell")
    running.runs.answer(id_, "tell", "done", MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    assert len(running.world.pages) == 1, "who has just done one step is there for the next"


def test_a_step_is_skipped_with_a_reason(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("one", "echo 1", level="change"), make_step("two", "echo 2", level="change")]
    )
    id_ = running.start("guided")
    running.until(id_, "waiting")
    with pytest.raises(Invalid):
        running.runs.skip(id_, "one", " ", MEI)
    running.runs.skip(id_, "one", "did it by hand", MEI)
    assert running.until(id_, "waiting").waiting_for["step"] == "two"
    running.runs.proceed(id_, MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    assert (running.printed(id_, "one"), running.printed(id_, "two")) == ("", "2\n")


def test_a_missing_value_is_asked_for(running: Any, make_step: Make, make_document: Make):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", 'echo "$HOST"', level="change", inputs=("HOST",))]
    )
    id_ = running.start()
    run = running.until(id_, "waiting")
    assert (run.waiting_for["kind"], run.waiting_for["names"]) == ("input", ["HOST"])
    hostile = "a'; touch /tmp/never $(id) `id`\n--x"
    running.runs.provide(id_, {"HOST": hostile}, MEI)
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    assert running.printed(id_, "restart") == f"{hostile}\n"


def test_a_step_sees_only_what_is_declared(
    running: Any, make_step: Make, make_document: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SHOP_TOKEN", "very-secret-token")
    monkeypatch.setenv("UNRELATED", "unseen")
    running.world.service = Service.model_validate(
        {"title": "Shop", "automatic": "change", "environment": {"TOKEN": "env:SHOP_TOKEN"}}
    )
    running.world.subject = Subject(
        service="shop", clear="cleared", labels={"instance": "api-1", "other": "x", "evil": "-rf"}
    )
    running.world.documents["shop-down.md"] = make_document(
        [make_step("env", "env; echo $TOKEN", level="change", inputs=("ALERT_INSTANCE",))]
    )
    id_ = running.start()
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    printed = running.printed(id_, "env")
    names = {line.partition("=")[0] for line in printed.splitlines() if "=" in line}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "LANG", "TOKEN", "ALERT_INSTANCE"}
    assert "very-secret-token" not in printed
    assert "***" in printed


def test_a_plan_runs_nothing(running: Any, make_step: Make, make_document: Make):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "touch never", level="change")]
    )
    id_ = running.start("plan")
    run = running.until(id_, "succeeded", "failed")
    assert (run.outcome, running.rows(id_)) == ("planned", [])


def test_a_change_of_the_file_does_not_touch_a_run_that_began(
    running: Any, make_step: Make, make_document: Make
):
    running.world.subject = Subject(service="shop", clear="cleared")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "echo old", level="change")]
    )
    id_ = running.start("guided")
    running.until(id_, "waiting")
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "echo new", level="change")]
    )
    running.runs.proceed(id_, MEI)
    running.until(id_, "succeeded", "failed")
    assert running.printed(id_, "restart") == "old\n"


def test_the_checks_of_the_service_are_a_round(running: Any, make_step: Make, make_document: Make):
    running.world.service = Service(title="Shop", automatic="change", checks=({"kind": "http"},))
    running.world.checks = [False, True]
    running.world.documents["shop-down.md"] = make_document(
        [make_step("one", "true", level="change")], [make_step("two", "true", level="change")]
    )
    run = running.until(running.start(), "succeeded", "failed")
    assert run.why == "Attempt 2"


def test_a_run_without_an_incident_is_possible(running: Any, make_step: Make, make_document: Make):
    running.world.documents["shop-down.md"] = make_document(
        [make_step("restart", "true", level="change")],
        verification=[make_step("ok", "true", expect="exit == 0")],
    )
    id_ = running.runs.start(None, "shop-down.md", "automatic", MEI).id
    assert running.until(id_, "succeeded", "failed").state == "succeeded"
    assert running.kinds() == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
