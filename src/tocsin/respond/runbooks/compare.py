"""What went otherwise this time? Two runs side by side, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.plan import Plan
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.store import Run

_SHOWN = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What became of a step in one of the runs: of its last attempt. `printed` is the end of its output."""

    state: str
    ok: bool | None
    why: str
    ms: float | None
    attempts: int
    printed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A step of either run; a side is None where that run never came to it. `text_changed`: the command is another."""

    key: str
    title: str
    kind: str
    one: Side | None
    other: Side | None
    text_changed: bool

    @property
    def differs(self) -> bool:
        """Did it end otherwise, print something else, or run something else? That it took longer is no difference."""
        if self.one is None or self.other is None:
            return True
        ends = (self.one.state, self.one.ok, self.one.printed) != (
            self.other.state,
            self.other.ok,
            self.other.printed,
        )
        return ends or self.text_changed


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    one: Run
    other: Run
    steps: tuple[Compared, ...]

    @property
    def same_document(self) -> bool:
        return self.one.hash == self.other.hash


def compare(conn: Connection, one: str, other: str) -> Comparison:
    """Two runs by their ids, in the order in which the first took its steps. Raises NotFound."""
    first, second = store.get(conn, one), store.get(conn, other)
    mine, theirs = _sides(conn, one), _sides(conn, other)
    plan, their_plan = _plan(conn, one), _plan(conn, other)
    told = {row.key: row for row in (*store.attempts(conn, other), *store.attempts(conn, one))}
    order = [*mine, *(key for key in theirs if key not in mine)]
    return Comparison(
        one=first,
        other=second,
        steps=tuple(
            Compared(
                key=key,
                title=told[key].title,
                kind=told[key].kind,
                one=mine.get(key),
                other=theirs.get(key),
                text_changed=_text(plan, key) != _text(their_plan, key),
            )
            for key in order
        ),
    )


def _plan(conn: Connection, id_: str) -> Plan:
    return plans.from_json(store.plan_of(conn, id_))


def _text(plan: Plan, key: str) -> str | None:
    step = plan.find(key)
    return step.text if step else None


def _sides(conn: Connection, id_: str) -> Mapping[str, Side]:
    printed = store.tails(conn, id_, _SHOWN)
    rows: dict[str, list[Attempt]] = {}
    for row in store.attempts(conn, id_):
        rows.setdefault(row.key, []).append(row)
    return {key: _side(each, printed.get(key, "")) for key, each in rows.items()}


def _side(rows: Sequence[Attempt], printed: str) -> Side:
    last = max(rows, key=lambda row: row.attempt)
    return Side(state=last.state, ok=last.ok, why=last.why, ms=last.ms, attempts=len(rows), printed=printed)
