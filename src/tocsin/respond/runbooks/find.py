"""Which runs were there? By runbook, service, state, mode, who led them, when, and by words of what they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from tocsin.respond.runbooks.store import LIGHT, Run, run, run_output, run_step

_LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked for; empty asks for all. `text`: in the titles of run and steps and in why they ended so.

    `printed`: in what its steps printed, within one piece of the output of at most 64 kB. Case counts in neither.
    """

    text: str = ""
    printed: str = ""
    service: str = ""
    path: str = ""
    incident: str = ""
    modes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


def found(conn: Connection, question: Question, *, limit: int = 50, after: str | None = None) -> list[Run]:
    """The newest first; `after` is the id of the last one seen."""
    query = select(*LIGHT).where(*_conditions(question))
    if after:
        query = query.where(run.c.id < after)
    return [Run.from_row(row) for row in conn.execute(query.order_by(run.c.id.desc()).limit(limit))]


def _conditions(asked: Question) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (run.c.service, asked.service),
        (run.c.path, asked.path),
        (run.c.incident, asked.incident),
    ):
        if value:
            conditions.append(column == value)
    if asked.modes:
        conditions.append(run.c.mode.in_(asked.modes))
    if asked.states:
        conditions.append(run.c.state.in_(asked.states))
    if asked.actor:
        conditions.append(or_(run.c.actor == asked.actor, run.c.lead == asked.actor))
    if asked.since:
        conditions.append(run.c.created_at >= asked.since)
    if asked.until:
        conditions.append(run.c.created_at < asked.until)
    for word in asked.text[:_LONGEST].split():
        of_steps = select(run_step.c.key).where(
            run_step.c.run == run.c.id, or_(_holds(run_step.c.title, word), _holds(run_step.c.why, word))
        )
        columns = (run.c.id, run.c.title, run.c.path, run.c.service, run.c.why, run.c.incident)
        conditions.append(or_(*(_holds(column, word) for column in columns), exists(of_steps)))
    if asked.printed:
        pieces = select(run_output.c.seq).where(
            run_output.c.run == run.c.id, _holds(run_output.c.text, asked.printed[:_LONGEST])
        )
        conditions.append(exists(pieces))
    return conditions


def _holds(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return column.icontains(word, autoescape=True)
