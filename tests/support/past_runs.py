"""Runs of runbooks that have been, written as rows: for questions about what the past proves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tocsin.ground.store import Store
from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import store as rows
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.plan import plan_of

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Past:
    """Runs that have been."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._count = 0

    def run(
        self,
        document: Document,
        at: datetime,
        *done: str,
        state: str = "succeeded",
        mode: str = "guided",
        took_s: float = 60,
        text: str = "# Text\n",
        actor: str = "person:mei",
        incident: str | None = None,
    ) -> str:
        """A run of the document that began then, in which the steps of these keys ended well."""
        self._count += 1
        id_ = f"run_{self._count:03}"

        def job(conn: Connection) -> None:
            rows.add(
                conn,
                id=id_,
                incident=incident,
                service="shop",
                path=document.path,
                hash=document.hash,
                document=text,
                plan=plans.to_json(plan_of(document)),
                title=document.title,
                mode=mode,
                allowed="read",
                state=state,
                wish="",
                inputs={},
                hostile=[],
                actor=actor,
                leg=1,
                created_at=at,
                started_at=at,
                ended_at=at + timedelta(seconds=took_s),
                why="",
            )
            for key in done:
                rows.put_attempt(
                    conn, id_, key, 1, kind="bash", title=key, level="read", state="finished", ok=True,
                    ended_at=at + timedelta(seconds=1),
                )  # fmt: skip

        self.store.write(job)
        return id_

    def ask(self, question: Callable[[Connection], Any]) -> Any:
        with self.store.read() as conn:
            return question(conn)
