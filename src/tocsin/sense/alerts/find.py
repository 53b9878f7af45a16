"""Which alerts fit what a reader looks for? A page of them, how many there are, and how they fall into rules.

Everything is asked of the database, with bound parameters. Labels are JSON, so a filter reads rows: it reads the newest
10,000 of the state that is looked at, and says how far back that was. A regular expression runs (in RE2) over
the different values that its label has among them, and becomes a list of values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY

from tocsin.sense.alerts.alert import Alert, State
from tocsin.sense.alerts.folding_store import alert_hold
from tocsin.sense.alerts.matchers import Matcher, matches
from tocsin.sense.alerts.query import Wanted
from tocsin.sense.alerts.store import alert

LOOKED_THROUGH = 10_000
COUNTED, COUNTED_FILTERED = 10_000, 1_000
_VALUES = 1_000
_COLUMNS = {"name": alert.c.name, "service": alert.c.service, "source": alert.c.source}


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many there are; with `at_least` there are more than anybody counted."""

    n: int
    at_least: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """All alerts of one name: how many, the newest, and its service where they share one."""

    name: str
    count: int
    newest: datetime
    service: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What hides alerts: matchers of labels that all have to hold, and services of which one has to be theirs."""

    matchers: tuple[Matcher, ...] = ()
    services: tuple[str, ...] = ()


class Search:
    """One question, asked in one transaction.

    `matchers` of `wanted` also know `name`, `service` and `source` of an alert without such a label. `within` leaves
    the alerts that at least one of these scopes takes in: there a label counts as it was sent, as for a silence.
    `held` adds those that other alerts hold back, and without `within` all that triage has held back.
    """

    def __init__(
        self,
        conn: Connection,
        wanted: Wanted,
        *,
        state: State | None = None,
        within: Sequence[Scope] | None = None,
        held: bool = False,
    ) -> None:
        self._conn = conn
        self._state: list[ColumnElement[bool]] = [alert.c.state == state] if state else []
        self._filtered = bool(wanted) or within is not None or held
        self.back_to: datetime | None = self._horizon() if self._filtered else None
        """The start of the oldest alert that is looked at; None: all are."""
        self._where = [*self._state, *self._since()]
        self._where += [self._holds(each, sent=False) for each in wanted.matchers]
        self._where += [_says(word) for word in wanted.words]
        if within is not None or held:
            scopes = [self._scope(each) for each in within or ()]
            self._where.append(or_(false(), *scopes, *([_is_held(within is None)] if held else [])))

    def page(self, limit: int, after: str | None = None) -> list[Alert]:
        """Alerts, latest start first. `after` is the id of the last one of the page before."""
        query = (
            select(alert)
            .where(*self._where)
            .order_by(alert.c.starts_at.desc(), alert.c.id.desc())
            .limit(limit)
        )
        if after:
            last = select(alert.c.starts_at, alert.c.id).where(alert.c.id == after).subquery()
            query = query.where(
                tuple_(alert.c.starts_at, alert.c.id)
                < tuple_(select(last.c.starts_at).scalar_subquery(), select(last.c.id).scalar_subquery())
            )
        return [Alert.from_row(row) for row in self._conn.execute(query)]

    def count(self) -> Count:
        """How many, counted up to 10,000; with a filter up to 1,000, since there rows are read for it."""
        most = COUNTED_FILTERED if self._filtered else COUNTED
        some = select(literal(1)).select_from(alert).where(*self._where).limit(most + 1).subquery()
        n = self._conn.scalar(select(func.count()).select_from(some)) or 0
        return Count(n=min(n, most), at_least=n > most)

    def labels(self, limit: int) -> Sequence[Mapping[str, str]]:
        """The labels of the newest alerts."""
        query = (
            select(alert.c.labels).where(*self._where).order_by(alert.c.starts_at.desc(), alert.c.id.desc())
        )
        return self._conn.scalars(query.limit(limit)).all()

    def rules(self, limit: int) -> list[Rule]:
        """By name, the most frequent first, among the newest 10,000."""
        newest = (
            select(alert.c.name, alert.c.service, alert.c.starts_at)
            .where(*self._where)
            .order_by(alert.c.starts_at.desc(), alert.c.id.desc())
            .limit(LOOKED_THROUGH)
            .subquery()
        )
        count = func.count()
        rows = self._conn.execute(
            select(
                newest.c.name,
                count,
                func.max(newest.c.starts_at),
                func.min(newest.c.service),
                func.max(newest.c.service),
            )
            .group_by(newest.c.name)
            .order_by(count.desc(), newest.c.name)
            .limit(limit)
        )
        return [
            Rule(name=name, count=n, newest=at, service=first if first == last else None)
            for name, n, at, first, last in rows
        ]

    def _horizon(self) -> datetime | None:
        """From an index alone: rows are not read for it. None where no alert is left out."""
        last = self._conn.scalars(
            select(alert.c.starts_at)
            .where(*self._state)
            .order_by(alert.c.starts_at.desc(), alert.c.id.desc())
            .limit(2)
            .offset(LOOKED_THROUGH - 1)
        ).all()
        return last[0] if len(last) > 1 else None

    def _since(self) -> list[ColumnElement[bool]]:
        return [alert.c.starts_at >= self.back_to] if self.back_to else []

    def _scope(self, scope: Scope) -> ColumnElement[bool]:
        conditions = [self._holds(each, sent=True) for each in scope.matchers]
        if scope.services:
            conditions.append(alert.c.service.in_(scope.services))
        return and_(*conditions) if conditions else false()

    def _holds(self, matcher: Matcher, *, sent: bool) -> ColumnElement[bool]:
        value = self._label(matcher.name, sent=sent)
        match matcher.operator:
            case "=":
                return value == matcher.value
            case "!=":
                return value != matcher.value
            case _:
                return self._one_of(value, [each for each in self._values(value) if _fits(matcher, each)])

    def _label(self, name: str, *, sent: bool) -> ColumnElement[str]:
        """The value of a label; one that is not there is the empty text."""
        if self._conn.dialect.name == "postgresql":
            found = alert.c.labels.op("->>", return_type=Text())(bindparam(None, name, Text))
        else:
            found = func.json_extract(alert.c.labels, bindparam(None, f'$."{name}"', Text), type_=Text())
        others = [] if sent or name not in _COLUMNS else [_COLUMNS[name]]
        return func.coalesce(found, *others, "", type_=Text())

    def _values(self, value: ColumnElement[str]) -> list[str]:
        """The different values among the newest alerts. Where there are too many, older alerts are left out."""
        rows = self._newest_values(value)
        if len(rows) > _VALUES:
            self.back_to = rows[_VALUES][1]
            self._where += [alert.c.starts_at >= self.back_to]
        return [said for said, _ in rows[:_VALUES]]

    def _newest_values(self, value: ColumnElement[str]) -> Sequence[Any]:
        found = select(value.label("said"), alert.c.starts_at).where(*self._state, *self._since()).subquery()
        newest = func.max(found.c.starts_at)
        query = select(found.c.said, newest).group_by(found.c.said).order_by(newest.desc())
        return self._conn.execute(query.limit(_VALUES + 1)).all()

    def _one_of(self, value: ColumnElement[str], values: list[str]) -> ColumnElement[bool]:
        if not values:
            return false()
        if self._conn.dialect.name == "postgresql":
            return value == any_(bindparam(None, values, ARRAY(Text)))
        listed = bindparam(None, json.dumps(values, ensure_ascii=False), Text)
        return value.in_(select(func.json_each(listed).table_valued("value").c.value))


def _is_held(by_anything: bool) -> ColumnElement[bool]:
    rows = select(alert_hold.c.alert)
    return alert.c.id.in_(rows if by_anything else rows.where(alert_hold.c.kind == "inhibition"))


def _fits(matcher: Matcher, value: str) -> bool:
    return matches(matcher, {matcher.name: value})


def _says(word: str) -> ColumnElement[bool]:
    """In its name, its service, or anywhere in what it says, as text: whatever the case of ASCII letters."""
    encoded = json.dumps(word, ensure_ascii=False)[1:-1]
    return or_(
        _contains(alert.c.name, word),
        _contains(alert.c.service, word),
        _contains(cast(type_coerce(alert.c.labels, Text), Text), encoded),
        _contains(cast(type_coerce(alert.c.annotations, Text), Text), encoded),
    )


def _contains(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{escaped}%", escape="\\")
