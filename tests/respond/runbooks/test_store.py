"""Rows under natural keys: who comes second changes nothing, and is told so."""

from __future__ import annotations

from sqlalchemy import Connection

from tocsin.ground.store import Store
from tocsin.respond.runbooks import store as rows

LOOK = {"kind": "bash", "title": "Look", "level": "read"}


def test_an_attempt_is_added_once_and_ends_once(store: Store):
    def job(conn: Connection) -> tuple[bool, ...]:
        return (
            rows.put_attempt(conn, "run_1", "look", 1, state="started", **LOOK),
            rows.put_attempt(conn, "run_1", "look", 1, state="started", **LOOK),
            rows.change_attempt(conn, "run_1", "look", 1, "started", state="finished", ok=True),
            rows.change_attempt(conn, "run_1", "look", 1, "started", state="finished", ok=False),
        )

    assert store.write(job) == (True, False, True, False)
    with store.read() as conn:
        (row,) = rows.attempts(conn, "run_1")
    assert (row.state, row.ok) == ("finished", True)
