"""What a run does next, as a table of situations, and as laws that hold in every world."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.respond.runbooks.ladder import (
    RECOVERED,
    Ask,
    AwaitClear,
    Begin,
    Close,
    Dispatch,
    Finish,
    Move,
    Pause,
    beside,
    next_move,
)
from tocsin.respond.runbooks.plan import Part, Plan, PlannedStep
from tocsin.respond.runbooks.record import Attempt, Grant, Record

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def step(key: str, **more: Any) -> PlannedStep:
    return PlannedStep(
        **{"key": key, "id": key, "title": key.title(), "kind": "bash", "text": f"do {key}"} | more
    )


LOOK = step("look")
RESTART = step("restart", level="change")
CLEAR = step("clear", level="change")
HEALTH = step("health", expect="status == 200")
WIPE = step("wipe", level="destroy")
PLAN = Plan(
    diagnosis=(LOOK,),
    parts=(
        Part(key="rung1", kind="rung", title="Restart", steps=(RESTART,)),
        Part(key="rung2", kind="rung", title="Clear", steps=(CLEAR,)),
    ),
    verification=(HEALTH,),
)


class Story:
    """Plays a run: every move is carried out as the world says, until somebody has to look."""

    def __init__(self, plan: Plan = PLAN, **record: Any) -> None:
        self.plan = plan
        self.now = NOON
        self.record = Record(
            **{"mode": "automatic", "allowed": "change", "clear": "cleared", "settle_s": 0} | record
        )
        self.moves: list[Move] = []

    def next(self) -> Move:
        return next_move(self.plan, self.record, self.now)

    def row(self, key: str, attempt: int = 1, **more: Any) -> None:
        at = {"started_at": self.now, "ended_at": self.now, "state": "finished", "ok": True}
        row = Attempt(**{"key": key, "attempt": attempt} | at | more)
        others = tuple(each for each in self.record.attempts if (each.key, each.attempt) != (key, attempt))
        self.record = replace(self.record, attempts=(*others, row))

    def grant(self, wanted: PlannedStep, kind: Any = "approval") -> None:
        grant = Grant(step=wanted.id, text_hash=wanted.text_hash(self.record.values), kind=kind)
        self.record = replace(self.record, grants=self.record.grants | {grant})

    def until_stop(self, **bad: str) -> Move:
        """Carries on; a step in `bad` (by its id) fails with that reason."""
        for _ in range(200):
            move = self.next()
            self.moves.append(move)
            match move:
                case Dispatch():
                    why = bad.get(move.step.id.replace("-", "_"))
                    self.row(move.step.key, move.attempt, ok=why is None, why=why or "")
                case Begin():
                    self.row(move.key, state="started", ok=None, ended_at=None, kind=move.kind)
                case Close():
                    self.row(move.key, ok=move.ok, why=move.why, kind=move.kind)
                case Pause():
                    self.now = move.until
                case AwaitClear():
                    self.now += timedelta(seconds=1)
                case Ask() | Finish():
                    return move
        raise AssertionError("the run does not end")

    def ran(self) -> list[str]:
        return [move.step.key for move in self.moves if isinstance(move, Dispatch)]


def test_a_service_that_came_back_during_the_diagnosis_needs_no_repair():
    story = Story()
    assert story.until_stop() == Finish(outcome="succeeded", why=RECOVERED)
    assert story.ran() == ["look", "round0.health"]


def test_the_first_rung_that_cures_ends_the_run():
    story = Story(clear="none")
    assert story.until_stop() == Finish(outcome="succeeded", why="Restart")
    assert story.ran() == ["look", "restart", "rung1.v1.health"]


def test_a_rung_that_fails_leads_to_the_next():
    story = Story(clear="none")
    assert story.until_stop(restart="exit 1") == Finish(outcome="succeeded", why="Clear")
    assert story.ran() == ["look", "restart", "clear", "rung2.v1.health"]


def test_a_diagnosis_that_fails_is_evidence_and_not_an_end():
    story = Story(clear="none")
    assert story.until_stop(look="exit 7") == Finish(outcome="succeeded", why="Restart")


def test_a_rung_whose_verification_fails_leads_to_the_next_and_then_the_run_has_failed():
    story = Story(clear="none")
    finish = story.until_stop(health="status 503")
    assert isinstance(finish, Finish)
    assert finish.outcome == "failed"
    assert story.ran() == ["look", "restart", "rung1.v1.health", "clear", "rung2.v1.health"]
    closed = [move for move in story.moves if isinstance(move, Close)]
    assert [(move.key, move.passed, move.of) for move in closed if move.kind == "round"] == [
        ("rung1.v1", 0, 1),
        ("rung2.v1", 0, 1),
    ]


def test_a_service_may_settle_when_the_author_named_no_wait():
    story = Story(clear="none", settle_s=20, poll_s=5)
    story.until_stop(health="status 503")
    assert [key for key in story.ran() if key.startswith("rung1.v")] == [
        f"rung1.v{n}.health" for n in range(1, 6)
    ]


def test_an_author_who_named_a_wait_gets_one_round():
    plan = replace(PLAN, parts=(replace(PLAN.parts[0], steps=(replace(RESTART, wait_s=30),)),))
    story = Story(plan, clear="none", settle_s=20)
    story.until_stop(health="status 503")
    assert [key for key in story.ran() if key.startswith("rung1.v")] == ["rung1.v1.health"]
    assert any(isinstance(move, Pause) and move.until == NOON + timedelta(seconds=30) for move in story.moves)


def test_the_alert_has_the_last_word_within_its_window():
    story = Story(clear="firing", window_s=120)
    while not isinstance(move := story.next(), AwaitClear):
        story.moves.append(move)
        match move:
            case Dispatch():
                story.row(move.step.key, move.attempt)
            case Begin():
                story.row(move.key, state="started", ok=None, kind=move.kind)
            case Close():
                story.row(move.key, ok=move.ok, kind=move.kind)
            case _:
                raise AssertionError(move)
    assert move.until == NOON + timedelta(seconds=120)
    story.record = replace(story.record, clear="cleared")
    assert story.until_stop() == Finish(outcome="succeeded", why="Restart")


def test_an_alert_that_stays_leads_to_the_next_rung():
    story = Story(clear="firing", window_s=10)
    assert isinstance(story.until_stop(), Finish)
    assert story.ran() == ["look", "restart", "rung1.v1.health", "clear", "rung2.v1.health"]


def test_after_a_stop_the_alert_has_its_window_anew_before_the_next_rung_begins():
    def waits(record: Record, now: datetime) -> Move:
        return next_move(PLAN, record, now)

    rows = (
        Attempt(key="look", attempt=1, state="finished", ok=True, ended_at=NOON),
        Attempt(key="rung1", attempt=1, state="started", kind="rung", started_at=NOON),
        Attempt(key="restart", attempt=1, state="finished", ok=True, ended_at=NOON),
        Attempt(key="rung1.v1", attempt=1, state="finished", ok=True, kind="round", ended_at=NOON),
    )
    up = NOON + timedelta(hours=1)
    record = Record(
        mode="automatic", allowed="change", clear="firing", window_s=120, attempts=rows, watched_since=up
    )
    assert waits(record, up) == AwaitClear(until=up + timedelta(seconds=120), part="rung1")
    over = waits(record, up + timedelta(seconds=120))
    assert isinstance(over, Close)
    assert not over.ok
    came_back = replace(record, clear="cleared")
    assert waits(came_back, up + timedelta(seconds=2)) == Close(
        key="rung1", kind="rung", title="Restart", ok=True
    )


def test_own_checks_of_a_rung_stand_before_the_verification():
    part = replace(PLAN.parts[0], checks=(step("ping", expect="exit == 0"),))
    story = Story(replace(PLAN, parts=(part, PLAN.parts[1])), clear="none")
    story.until_stop(ping="no answer")
    assert story.ran() == ["look", "restart", "ping", "clear", "rung2.v1.health"]


def test_the_checks_of_the_service_judge_where_the_document_measures_nothing():
    story = Story(replace(PLAN, verification=(step("echo"),)), clear="none", checks=True)
    assert story.until_stop() == Finish(outcome="succeeded", why="Restart")
    assert story.ran() == ["look", "restart", "rung1.v1.echo", "rung1.v1.checks"]


def test_where_nothing_measures_and_no_alert_can_clear_a_person_says_whether_it_is_back():
    story = Story(replace(PLAN, verification=()), clear="none")
    ask = story.until_stop()
    assert isinstance(ask, Ask)
    assert (ask.kind, ask.step.key) == ("confirm", "rung1.confirm")
    story.row("rung1.confirm", ok=False, why="still down")
    assert isinstance(story.until_stop(), Ask)
    story.row("rung2.confirm")
    assert story.until_stop() == Finish(outcome="succeeded", why="Clear")


def test_guided_asks_for_each_change_and_reads_by_itself():
    story = Story(mode="guided", allowed="read", clear="none")
    ask = story.until_stop()
    assert isinstance(ask, Ask)
    assert (ask.kind, ask.step.key) == ("guided", "restart")
    assert story.ran() == ["look"]
    story.grant(RESTART, "press")
    assert story.until_stop() == Finish(outcome="succeeded", why="Restart")


@pytest.mark.parametrize(
    ("mode", "allowed", "wanted", "answer"),
    [
        ("automatic", "change", RESTART, None),
        ("automatic", "read", RESTART, "approval"),
        ("automatic", "none", LOOK, "approval"),
        ("automatic", "change", WIPE, "approval"),
        ("automatic", "change", replace(RESTART, approve="operator"), "approval"),
        ("automatic", "change", replace(RESTART, option=True), "approval"),
        ("automatic", "change", replace(RESTART, option=True, approve="none"), None),
        ("guided", "read", RESTART, "guided"),
        ("guided", "read", LOOK, None),
        ("guided", "read", WIPE, "approval"),
        ("guided", "read", replace(RESTART, approve="approver"), "approval"),
        ("automatic", "change", replace(LOOK, inputs=("HOST",)), "input"),
        ("automatic", "change", replace(LOOK, kind="manual"), "manual"),
    ],
)
def test_who_is_asked(mode: str, allowed: str, wanted: PlannedStep, answer: str | None):
    story = Story(
        Plan(parts=(Part(key="rung1", kind="rung", title="R", steps=(wanted,)),)), mode=mode, allowed=allowed
    )
    story.row("rung1", state="started", ok=None, kind="rung")
    move = story.next()
    if answer is None:
        assert move == Dispatch(step=wanted, attempt=1)
    else:
        assert isinstance(move, Ask)
        assert move.kind == answer


def test_a_vote_holds_for_the_text_and_values_that_were_seen():
    wanted = replace(RESTART, inputs=("HOST",), approve="operator")
    plan = Plan(parts=(Part(key="rung1", kind="rung", title="R", steps=(wanted,)),))
    story = Story(plan, values={"HOST": "api-1"})
    story.row("rung1", state="started", ok=None, kind="rung")
    story.grant(wanted)
    assert isinstance(story.next(), Dispatch)
    story.record = replace(story.record, values={"HOST": "api-2"})
    assert isinstance(story.next(), Ask)


def test_a_press_is_not_a_vote():
    plan = Plan(parts=(Part(key="rung1", kind="rung", title="R", steps=(WIPE,)),))
    story = Story(plan, mode="guided")
    story.row("rung1", state="started", ok=None, kind="rung")
    story.grant(WIPE, "press")
    assert isinstance(story.next(), Ask)


def test_an_attempt_that_began_is_looked_after_before_anything_else():
    story = Story(clear="none")
    story.row("look", state="started", ok=None, ended_at=None)
    assert story.next() == Dispatch(step=LOOK, attempt=1)


def test_an_unknown_step_waits_for_a_person():
    story = Story(clear="none")
    story.row("look")
    story.row("rung1", state="started", ok=None, kind="rung")
    story.row("restart", state="unknown", ok=None)
    ask = story.next()
    assert isinstance(ask, Ask)
    assert (ask.kind, ask.step.key, ask.attempt) == ("unknown", "restart", 1)
    story.row("restart", 2, state="waiting", ok=None)
    assert story.next() == Dispatch(step=RESTART, attempt=2)


def test_a_step_is_tried_again_as_often_as_the_author_allows():
    plan = replace(PLAN, parts=(replace(PLAN.parts[0], steps=(replace(RESTART, retries=2),)),))
    story = Story(plan, clear="none")
    story.until_stop(restart="exit 1")
    assert story.ran() == ["look", "restart", "restart", "restart"]


def test_a_step_is_repeated_until_it_holds_or_its_time_is_over():
    plan = replace(
        PLAN,
        parts=(
            replace(PLAN.parts[0], steps=(replace(LOOK, key="poll", id="poll", poll_s=5, poll_for_s=20),)),
        ),
    )
    story = Story(plan, clear="none")
    story.until_stop(poll="not yet")
    assert story.ran() == ["look", *["poll"] * 5]
    assert story.now == NOON + timedelta(seconds=20)


def test_a_plan_runs_nothing():
    story = Story(mode="plan")
    finish = story.until_stop()
    assert isinstance(finish, Finish)
    assert (finish.outcome, story.ran()) == ("planned", [])


steps = st.builds(
    lambda number, level, retries, poll, wait, approve, kind, inputs, idempotent: step(
        f"s{number}",
        level=level,
        retries=retries,
        poll_s=1.0 if poll else 0.0,
        poll_for_s=4.0 if poll else 0.0,
        wait_s=wait,
        approve=approve,
        kind=kind,
        inputs=inputs,
        idempotent=idempotent,
    ),
    st.just(0),
    st.sampled_from(["read", "change", "destroy"]),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from([0.0, 3.0]),
    st.sampled_from([None, None, "operator", "approver", "none"]),
    st.sampled_from(["bash", "bash", "http", "manual"]),
    st.sampled_from([(), (), ("HOST",)]),
    st.booleans(),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = 0

    def some(most: int, **more: Any) -> tuple[PlannedStep, ...]:
        nonlocal count
        found: list[PlannedStep] = []
        for each in draw(st.lists(steps, max_size=most)):
            count += 1
            found.append(replace(each, key=f"s{count}", id=f"s{count}", **more))
        return tuple(found)

    parts = tuple(
        Part(key=f"part{number}", kind="rung", title=f"Part {number}", steps=some(3), checks=some(1))
        for number in range(draw(st.integers(0, 3)))
    )
    options = tuple(
        Part(key=f"option{number}", kind="option", title=f"Option {number}", steps=some(2, option=True))
        for number in range(draw(st.integers(0, 2)))
    )
    verification = tuple(replace(each, expect=draw(st.sampled_from([None, "exit == 0"]))) for each in some(2))
    return Plan(diagnosis=some(2), parts=(*parts, *options), verification=verification)


@settings(max_examples=300, deadline=None)
@given(plan=plans(), data=st.data())
def test_the_laws_of_a_run(plan: Plan, data: st.DataObject):
    """In every world: it ends; what is finished never runs again; nothing above the allowed level runs unasked."""
    story = Story(
        plan,
        mode=data.draw(st.sampled_from(["guided", "automatic"])),
        allowed=data.draw(st.sampled_from(["none", "read", "change"])),
        clear=data.draw(st.sampled_from(["cleared", "firing", "none"])),
        checks=data.draw(st.booleans()),
        settle_s=data.draw(st.sampled_from([0, 7])),
        window_s=5,
        poll_s=2,
    )
    rank = {"none": 0, "read": 1, "change": 2, "destroy": 3}
    retries_left = 3
    for _ in range(2_000):
        move = story.next()
        assert move == story.next(), "the same rows give the same move"
        match move:
            case Dispatch(step=each, attempt=attempt):
                rows = {row.attempt: row for row in story.record.of(each.key)}
                assert attempt not in rows or rows[attempt].state in ("waiting", "started")
                assert all(row.attempt < attempt for row in rows.values() if row.over)
                began = attempt in rows and rows[attempt].state == "started"
                limit = "read" if story.record.mode == "guided" else story.record.allowed
                if not began and (rank[each.level] > rank[limit]):
                    assert story.record.granted(each, vote=False)
                if not began and each.level == "destroy":
                    assert story.record.granted(each, vote=True)
                assert not story.record.missing(each)
                assert each.kind != "manual"
                fate = data.draw(st.sampled_from(["well", "well", "badly", "crash", "unknown"]))
                match fate:
                    case "crash" if not began:
                        story.row(each.key, attempt, state="started", ok=None, ended_at=None)
                    case "unknown":
                        story.row(each.key, attempt, state="unknown", ok=None)
                    case _:
                        story.row(each.key, attempt, ok=fate == "well")
                story.now += timedelta(seconds=data.draw(st.sampled_from([0, 1])))
            case Begin():
                assert story.record.last(move.key) is None
                story.row(move.key, state="started", ok=None, ended_at=None, kind=move.kind)
            case Close():
                last = story.record.last(move.key)
                assert last is not None
                assert last.state == "started"
                story.row(move.key, ok=move.ok, kind=move.kind)
            case Pause():
                assert move.until > story.now
                story.now = move.until
            case AwaitClear():
                assert move.until > story.now
                story.now += timedelta(seconds=1)
                clear = data.draw(st.sampled_from(["cleared", "firing"]))
                story.record = replace(story.record, clear=clear)
            case Ask(kind="input"):
                story.record = replace(story.record, values={"HOST": "api-1"})
            case Ask(kind="guided"):
                story.grant(move.step, "press")
            case Ask(kind="approval"):
                if data.draw(st.booleans()):
                    story.grant(move.step)
                else:
                    story.row(move.step.key, move.attempt, state="skipped", ok=False)
            case Ask(kind="unknown"):
                if retries_left and data.draw(st.booleans()):
                    retries_left -= 1
                    story.row(move.step.key, move.attempt, state="skipped", ok=None)
                    story.row(move.step.key, move.attempt + 1, state="waiting", ok=None)
                else:
                    story.row(move.step.key, move.attempt, ok=data.draw(st.booleans()))
            case Ask():
                story.row(move.step.key, move.attempt, ok=data.draw(st.booleans()))
            case Finish():
                return
    raise AssertionError("the run does not end")


def test_what_only_reads_and_needs_nobody_runs_at_the_same_time():
    count, wait, fix = step("count"), step("wait", wait_s=5.0), step("fix", level="change")
    after, hand = step("after"), step("hand", kind="manual")
    story = Story(replace(PLAN, diagnosis=(LOOK, count, wait, after, fix)))

    def together() -> list[str]:
        move = story.next()
        assert isinstance(move, Dispatch)
        return [each.step.key for each in (move, *beside(story.plan, story.record, story.now, move))]

    assert together() == ["look", "count", "wait"], "what follows a wait shall see what the time has done"
    story.row("count")
    assert together() == ["look", "wait"], "what is over is not done again"
    story.row("look")
    story.row("wait")
    assert isinstance(story.next(), Pause)
    story.now += timedelta(seconds=5)
    assert together() == ["after"], "what changes something runs alone"
    story.row("after")
    assert together() == ["fix"]

    story = Story(replace(PLAN, diagnosis=(LOOK, hand, count)))
    assert together() == ["look"], "nobody is asked beside a step"
    story = Story(replace(PLAN, diagnosis=(LOOK, count)), mode="drill:read-through")
    assert isinstance(story.next(), Ask), "read through, each step waits for its press"


def test_a_round_asks_all_of_its_checks_at_the_same_time():
    story = Story(replace(PLAN, verification=(HEALTH, step("queue", expect="value < 5"))), checks=True)
    story.row("look")
    story.row("round0", state="started", ok=None, kind="round")
    move = story.next()
    assert isinstance(move, Dispatch)
    assert move.step.key == "round0.health"
    others = beside(story.plan, story.record, story.now, move)
    assert [each.step.key for each in others] == ["round0.queue"]


def test_one_action_ends_as_it_ends():
    alone = Plan(alone=True, diagnosis=(step("action", kind="action", level="change"),))
    story = Story(alone, clear="firing")
    assert story.next() == Dispatch(step=alone.diagnosis[0], attempt=1)
    story.row("action", ok=False, why="exit 1")
    assert story.next() == Finish(outcome="failed", why="exit 1")
    story.row("action", ok=True)
    assert story.next() == Finish(outcome="succeeded", why="Action")


def test_after_a_person_went_back_the_rung_is_judged_by_a_new_round():
    story = Story(clear="firing")
    story.row("look")
    story.row("rung1", state="started", ok=None, ended_at=None, detail={"again_at": NOON.isoformat()})
    story.row("restart")
    story.row("rung1.v1", ok=False, why="health: 503", ended_at=NOON - timedelta(seconds=9))
    assert story.next() == Begin(key="rung1.v2", kind="round", title="Verification")
