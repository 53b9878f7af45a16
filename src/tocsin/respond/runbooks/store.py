"""How are runs kept? Rows under natural keys, so that writing one twice is writing it once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    func,
    select,
    update,
)

from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.store import Json, Time, insert, metadata
from tocsin.respond.runbooks.approvals import Approval
from tocsin.respond.runbooks.record import Attempt, Grant
from tocsin.respond.runbooks.single import PREFIX

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text),
    Column("service", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("plan", Json, nullable=False),
    Column("title", Text, nullable=False),
    Column("mode", Text, nullable=False),  # guided | automatic | plan | drill:…
    Column("allowed", Text, nullable=False),  # none | read | change
    Column(
        "state", Text, nullable=False
    ),  # wanted | running | waiting | paused | succeeded | failed | cancelled
    Column("wish", Text, nullable=False),  # pause | cancel | end, for the leg under way to fulfil
    Column("waiting_for", Json),
    Column("inputs", Json, nullable=False),
    Column("hostile", Json, nullable=False),  # names of inputs whose values came from an alert
    Column("actor", Text, nullable=False),
    Column("lead", Text, nullable=False, server_default=""),  # who took it over; empty: whoever started it
    Column("leg", Integer, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("started_at", Time),
    Column("ended_at", Time),
    Column("outcome", Text),
    Column("why", Text, nullable=False),
    Index("ix_run_incident", "incident", "id"),
    Index("ix_run_state", "state"),
    Index("ix_run_path", "path", "created_at"),
)

run_step = Table(
    "run_step",
    metadata,
    Column("run", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | started | finished | unknown | skipped
    Column("ok", Boolean),
    Column("why", Text, nullable=False, default=""),
    Column("exit", Integer),
    Column("status", Integer),
    Column("ms", Float),
    Column("started_at", Time),
    Column("ended_at", Time),
    Column("folder", Text, nullable=False, default=""),
    Column("machine", Text, nullable=False, default=""),
    Column("boot", Text, nullable=False, default=""),
    Column("detail", Json, nullable=False, default=dict),
)

run_output = Table(
    "run_output",
    metadata,
    Column("run", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("stream", Text, nullable=False),  # out | err
    Column("offset", BigInteger, nullable=False),  # bytes of the stream that are kept up to here
    Column("text", Text, nullable=False),
    Column("at", Time, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("step_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),  # approval | press
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("state", Text, nullable=False),  # asked | given | denied | expired | used
    Column("by", Text),
    Column("decided_at", Time),
    Column("reason", Text, nullable=False, default=""),
    Column("quorum", Integer, nullable=False, server_default="1"),
    Column("inputs", Json, nullable=False, server_default="{}"),
    Column("place", Text, nullable=False, server_default=""),
    Index("ix_approval_run", "run"),
    Index("ix_approval_state", "state"),
)

_TAIL_CHUNKS = 20
OPEN = ("wanted", "running", "waiting", "paused")
ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run as faces see it; its document and plan are read on their own."""

    id: str
    incident: str | None
    service: str
    path: str
    hash: str
    title: str
    mode: str
    allowed: str
    state: str
    wish: str
    waiting_for: dict[str, Any] | None
    inputs: dict[str, str]
    hostile: tuple[str, ...]
    actor: str
    lead: str
    leg: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    why: str

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_single(self) -> bool:
        """Is it one action that was asked for by name, not a runbook?"""
        return self.path.startswith(PREFIX)

    @property
    def led_by(self) -> str:
        """Who leads it now: the one who took it over, else the one who started it."""
        return self.lead or self.actor

    @property
    def leg_id(self) -> str:
        """The workflow's id of the leg that is wanted or under way."""
        return f"{self.id}-{self.leg}"

    @classmethod
    def from_row(cls, row: Row[Any]) -> Run:
        values: dict[str, Any] = dict(row._mapping)  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's documented accessor
        values["hostile"] = tuple(row.hostile)
        return cls(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """A piece of what a step printed, at most 64 kB."""

    step: str
    attempt: int
    seq: int
    stream: str
    text: str
    at: datetime


# Statements of every step are built once: to build one takes longer than to run it.
LIGHT = [column for column in run.c if column.name not in ("document", "plan")]


_GET = select(*LIGHT).where(run.c.id == bindparam("id"))
_GET_LOCKED = _GET.with_for_update()


def get(conn: Connection, id_: str, *, lock: bool = False) -> Run:
    """The run of that id. Raises NotFound."""
    row = conn.execute(_GET_LOCKED if lock else _GET, {"id": id_}).first()
    if row is None:
        raise NotFound(f"there is no run {id_}", fix="`tocsin run list --all` shows them.")
    return Run.from_row(row)


def runs_of(conn: Connection, ids: Collection[str]) -> dict[str, Run]:
    """The runs of these ids, by id."""
    rows = conn.execute(select(*LIGHT).where(run.c.id.in_(ids)))
    return {row.id: Run.from_row(row) for row in rows}


def listed(
    conn: Connection,
    *,
    incident: str | None = None,
    states: Sequence[str] = (),
    limit: int = 50,
    after: str | None = None,
) -> list[Run]:
    """Runs, the newest first; `after` is the id of the last one seen."""
    query = select(*LIGHT)
    if incident is not None:
        query = query.where(run.c.incident == incident)
    if states:
        query = query.where(run.c.state.in_(states))
    if after:
        query = query.where(run.c.id < after)
    return [Run.from_row(row) for row in conn.execute(query.order_by(run.c.id.desc()).limit(limit))]


def document_of(conn: Connection, id_: str) -> str:
    """The runbook's text as it was when the run began."""
    return conn.execute(select(run.c.document).where(run.c.id == id_)).scalar_one()


def plan_of(conn: Connection, id_: str) -> dict[str, Any]:
    """The plan as it was pinned; see `plan.from_json`."""
    return conn.execute(select(run.c.plan).where(run.c.id == id_)).scalar_one()


def add(conn: Connection, **values: Any) -> None:
    conn.execute(insert(conn, run).values(**values))


def change(conn: Connection, id_: str, **values: Any) -> None:
    conn.execute(update(run).where(run.c.id == id_).values(**values))


_ATTEMPT = [column for column in run_step.c if column.name not in ("run", "machine")]


_ATTEMPTS = (
    select(*_ATTEMPT)
    .where(run_step.c.run == bindparam("run"))
    .order_by(run_step.c.started_at.is_(None), run_step.c.started_at, run_step.c.key, run_step.c.attempt)
)


def attempts(conn: Connection, run_id: str) -> list[Attempt]:
    """Everything that was tried in a run, in the order in which it began."""
    rows = conn.execute(_ATTEMPTS, {"run": run_id})
    return [Attempt(**row._mapping) for row in rows]  # pyright: ignore[reportPrivateUsage] - as above


def attempt(conn: Connection, run_id: str, key: str, number: int) -> Attempt | None:
    columns = run_step.c
    row = conn.execute(
        select(*_ATTEMPT).where(columns.run == run_id, columns.key == key, columns.attempt == number)
    ).first()
    return Attempt(**row._mapping) if row else None  # pyright: ignore[reportPrivateUsage] - as above


def put_attempt(conn: Connection, run_id: str, key: str, attempt: int, **values: Any) -> bool:
    """Adds an attempt; False where it is already there, whatever became of it."""
    # Not by rowcount: psycopg gives none for an insert.
    added = conn.execute(
        insert(conn, run_step)
        .values(run=run_id, key=key, attempt=attempt, **values)
        .on_conflict_do_nothing(index_elements=["run", "key", "attempt"])
        .returning(run_step.c.key)
    ).first()
    return added is not None


_CHANGE_ATTEMPT = update(run_step).where(
    run_step.c.run == bindparam("the_run"),
    run_step.c.key == bindparam("the_key"),
    run_step.c.attempt == bindparam("the_attempt"),
    run_step.c.state.in_(bindparam("states", expanding=True)),
)


def change_attempt(
    conn: Connection, run_id: str, key: str, attempt: int, *states: str, **values: Any
) -> bool:
    """Changes an attempt that is still in one of `states`; False where it has moved on."""
    which = {"the_run": run_id, "the_key": key, "the_attempt": attempt, "states": states}
    return conn.execute(_CHANGE_ATTEMPT, values | which).rowcount > 0


def machine_of(conn: Connection, run_id: str, key: str, attempt: int) -> str:
    """On which machine, since which start of it, the attempt began."""
    return conn.execute(
        select(run_step.c.machine).where(
            run_step.c.run == run_id, run_step.c.key == key, run_step.c.attempt == attempt
        )
    ).scalar_one()


_GRANTS = select(approval.c.step_id, approval.c.text_hash, approval.c.kind).where(
    approval.c.run == bindparam("run"), approval.c.state == "given"
)


def grants(conn: Connection, run_id: str) -> frozenset[Grant]:
    rows = conn.execute(_GRANTS, {"run": run_id})
    return frozenset(Grant(step=row.step_id, text_hash=row.text_hash, kind=row.kind) for row in rows)


def ask(conn: Connection, **values: Any) -> None:
    """Adds a request, or the press of a person, which is its own answer."""
    conn.execute(insert(conn, approval).values(**{"state": "asked", "reason": ""} | values))


def asked(conn: Connection, run_id: str, step: str, text_hash: str, now: datetime) -> str | None:
    """The request for this very text that somebody can still answer: a run that was paused does not ask twice."""
    columns = approval.c
    return conn.scalar(
        select(columns.id).where(
            columns.run == run_id,
            columns.step == step,
            columns.text_hash == text_hash,
            columns.kind == "approval",
            columns.state == "asked",
            columns.expires_at > now,
        )
    )


def expire_all(conn: Connection, run_id: str, at: datetime) -> None:
    """Nobody can answer the run's open requests any more."""
    conn.execute(
        update(approval)
        .where(approval.c.run == run_id, approval.c.state == "asked")
        .values(state="expired", decided_at=at)
    )


def use_up(conn: Connection, run_id: str, step_id: str) -> None:
    """What was granted for this step does not hold for another time."""
    conn.execute(
        update(approval)
        .where(approval.c.run == run_id, approval.c.step_id == step_id, approval.c.state == "given")
        .values(state="used")
    )


def get_approval(conn: Connection, id_: str, *, lock: bool = False) -> Approval:
    """The request of that id. Raises NotFound."""
    query = select(approval).where(approval.c.id == id_)
    row = conn.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"there is no approval {id_}", fix="`tocsin run show RUN` says what a run waits for.")
    return Approval.from_row(row)


def decided(conn: Connection, since: datetime, limit: int) -> list[Approval]:
    """Requests that were answered, or that nobody answered, since then; the newest first."""
    query = select(approval).where(
        approval.c.kind == "approval", approval.c.state != "asked", approval.c.decided_at >= since
    )
    query = query.order_by(approval.c.decided_at.desc(), approval.c.id.desc()).limit(limit)
    return [Approval.from_row(row) for row in conn.execute(query)]


def approvals(conn: Connection, *, run_id: str | None = None, states: Sequence[str] = ()) -> list[Approval]:
    """Requests and answers, the oldest first."""
    query = select(approval).where(approval.c.kind == "approval")
    if run_id:
        query = query.where(approval.c.run == run_id)
    if states:
        query = query.where(approval.c.state.in_(states))
    return [
        Approval.from_row(row) for row in conn.execute(query.order_by(approval.c.requested_at, approval.c.id))
    ]


def decide(conn: Connection, id_: str, state: str, *, by: str, at: datetime, reason: str) -> bool:
    """Writes the answer; False where there is one already, which stands for ever."""
    done = conn.execute(
        update(approval)
        .where(approval.c.id == id_, approval.c.state == "asked")
        .values(state=state, by=by, decided_at=at, reason=reason)
    )
    return done.rowcount > 0


def output(
    conn: Connection,
    run_id: str,
    *,
    step: str | None = None,
    attempt: int | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[Chunk]:
    """What a step printed, from chunk `after` on; without `step`, of all of them."""
    columns = run_output.c
    query = select(columns.step, columns.attempt, columns.seq, columns.stream, columns.text, columns.at)
    query = query.where(columns.run == run_id, columns.seq > after)
    if step is not None:
        query = query.where(columns.step == step)
    if attempt is not None:
        query = query.where(columns.attempt == attempt)
    query = query.order_by(columns.step, columns.attempt, columns.seq).limit(limit)
    return [Chunk(**row._mapping) for row in conn.execute(query)]  # pyright: ignore[reportPrivateUsage] - as above


def tails(conn: Connection, run_id: str, characters: int) -> dict[str, str]:
    """The end of what each step printed at its last attempt, by its key."""
    columns = run_output.c
    last = (
        select(columns.step, func.max(columns.attempt).label("attempt"))
        .where(columns.run == run_id)
        .group_by(columns.step)
        .subquery()
    )
    ranked = (
        select(
            columns.step,
            columns.seq,
            columns.text,
            func.row_number().over(partition_by=columns.step, order_by=columns.seq.desc()).label("from_end"),
        )
        .join(last, (columns.step == last.c.step) & (columns.attempt == last.c.attempt))
        .where(columns.run == run_id)
        .subquery()
    )
    # A chunk is a line at least, and mostly many: the last few hold the end that a page shows.
    rows = conn.execute(
        select(ranked.c.step, ranked.c.text)
        .where(ranked.c.from_end <= _TAIL_CHUNKS)
        .order_by(ranked.c.step, ranked.c.seq)
    )
    found: dict[str, str] = {}
    for row in rows:
        found[row.step] = (found.get(row.step, "") + row.text)[-characters:]
    return found


def kept_output(conn: Connection, run_id: str, step: str, attempt: int) -> tuple[int, dict[str, int]]:
    """The last chunk's number and, by stream, how many bytes are kept."""
    columns = run_output.c
    rows = conn.execute(
        select(columns.stream, func.max(columns.seq).label("seq"), func.max(columns.offset).label("offset"))
        .where(columns.run == run_id, columns.step == step, columns.attempt == attempt)
        .group_by(columns.stream)
    ).all()
    return max((row.seq for row in rows), default=0), {row.stream: row.offset for row in rows}


def put_output(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(conn, run_output).on_conflict_do_nothing(), list(rows))
