"""What the rows of the runs say of a runbook: how it served, and when each step was last seen to work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from databases import on_sqlite
from past_runs import NOON, Past
from sqlalchemy import Connection, text

from tocsin.ground.store import Store
from tocsin.respond.runbooks import store as rows
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.usage import Proof, Usage, changed_since, proofs, usage, usages

Make = Callable[..., Any]


@pytest.fixture
def past(store: Store) -> Past:
    return Past(store)


@pytest.fixture
def page(make_step: Make, make_document: Make) -> Document:
    return make_document(
        [make_step("restart", "supervisorctl restart shop", level="change")],
        diagnosis=[make_step("look", "uptime")],
        verification=[make_step("answers", "curl -f localhost")],
    )


def test_runs_are_counted_and_the_usual_time_is_that_of_the_good_ones(past: Past, page: Document):
    past.run(page, NOON, took_s=10)
    past.run(page, NOON + timedelta(days=1), took_s=30)
    past.run(page, NOON + timedelta(days=2), took_s=90)
    past.run(page, NOON + timedelta(days=3), took_s=5_000, state="failed")
    past.run(page, NOON + timedelta(days=4), mode="plan")
    past.run(replace(page, path="other.md"), NOON)

    wanted = Usage(runs=4, succeeded=3, last_at=NOON + timedelta(days=3), median_s=30)
    assert past.ask(lambda conn: usage(conn, page.path)) == wanted
    assert past.ask(usages)[page.path] == wanted
    assert past.ask(lambda conn: usage(conn, "never.md")) == Usage()


def test_a_part_of_a_file_is_counted_by_itself(past: Past, page: Document):
    past.run(replace(page, path="queues.md#full"), NOON)

    assert past.ask(lambda conn: usage(conn, "queues.md#full")).runs == 1
    assert past.ask(lambda conn: usage(conn, "queues.md")).runs == 0


def test_a_step_is_proven_by_the_last_run_that_finished_it_well(past: Past, page: Document):
    past.run(page, NOON, "look", "restart")
    later = past.run(page, NOON + timedelta(days=1), "look", state="failed", actor="tocsin")

    proven = past.ask(lambda conn: proofs(conn, page))

    assert set(proven) == {"look", "restart"}
    assert proven["look"] == Proof(at=NOON + timedelta(days=1, seconds=1), by="tocsin", run=later)
    assert proven["restart"].by == "person:mei"


def test_a_check_is_proven_by_any_of_its_rounds(past: Past, page: Document):
    past.run(page, NOON, "verify1.answers")

    assert set(past.ask(lambda conn: proofs(conn, page))) == {"answers"}


def test_what_failed_was_skipped_or_only_planned_proves_nothing(past: Past, page: Document):
    id_ = past.run(page, NOON)
    about = {"kind": "bash", "title": "Look", "level": "read", "ended_at": NOON}

    def job(conn: Connection) -> None:
        rows.put_attempt(conn, id_, "look", 1, state="finished", ok=False, **about)
        rows.put_attempt(conn, id_, "restart", 1, state="skipped", ok=True, **about)
        rows.put_attempt(conn, id_, "rung1", 1, state="finished", ok=True, **{**about, "kind": "rung"})

    past.store.write(job)
    past.run(page, NOON, "look", mode="plan")

    assert past.ask(lambda conn: proofs(conn, page)) == {}


def test_an_edited_step_is_unproven_and_the_others_are_not(
    past: Past, page: Document, make_step: Make, make_document: Make
):
    past.run(page, NOON, "look", "restart", "verify1.answers")
    edited = make_document(
        [make_step("restart", "supervisorctl restart shop-api", level="change")],
        diagnosis=[make_step("look", "uptime", line=40, title="Look at the load")],
        verification=[make_step("answers", "curl -f localhost")],
    )
    assert set(past.ask(lambda conn: proofs(conn, edited))) == {"look", "answers"}

    past.run(edited, NOON + timedelta(days=1), "restart")
    assert set(past.ask(lambda conn: proofs(conn, edited))) == {"look", "restart", "answers"}
    # And what was there before is proven as it was.
    assert set(past.ask(lambda conn: proofs(conn, page))) == {"look", "restart", "answers"}


def test_the_text_of_the_last_success_is_kept_until_there_is_another(past: Past, page: Document):
    edited = replace(page, hash="another")
    assert past.ask(lambda conn: changed_since(conn, edited)) is None

    past.run(page, NOON, text="# Before\n")
    past.run(edited, NOON + timedelta(days=1), text="# After\n", state="failed")
    assert past.ask(lambda conn: changed_since(conn, edited)) == "# Before\n"
    assert past.ask(lambda conn: changed_since(conn, page)) is None

    past.run(edited, NOON + timedelta(days=2), text="# After\n")
    assert past.ask(lambda conn: changed_since(conn, edited)) is None


@on_sqlite  # the planner of Postgres reads small tables as they are
def test_questions_are_answered_by_an_index(past: Past, page: Document):
    """A thousand runs of others cost nothing."""
    seen: list[str] = []

    def explain(conn: Connection) -> None:
        query = "EXPLAIN QUERY PLAN SELECT * FROM run WHERE path = 'a' AND mode != 'plan' ORDER BY created_at DESC"
        seen.extend(str(row) for row in conn.execute(text(query)))

    past.ask(explain)
    assert any("ix_run_path" in row for row in seen)
