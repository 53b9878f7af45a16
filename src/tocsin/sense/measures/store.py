"""The rows of what was measured: the last value of each measure, a day of points, and a fortnight of hours.

A series is named like its measure; what was pushed or counted before anybody judged it stands in a series of its own,
`crashes#raw`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, Column, Connection, Float, Index, Table, Text, delete, select

from tocsin.ground.store import Time, insert, metadata

POINTS_KEPT = timedelta(days=1)
HOURS_KEPT = timedelta(days=15)
HOUR = timedelta(hours=1)

measured = Table(
    "measured",
    metadata,
    Column("service", Text, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("value", Float, nullable=False),
    Column("at", Time, nullable=False),
    Column("fresh_until", Time, nullable=False),
)
measure_point = Table(
    "measure_point",
    metadata,
    Column("service", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("at", Time, primary_key=True),
    Column("value", Float, nullable=False),
    Column("usual", Boolean, nullable=False),
    Index("ix_measure_point_at", "at"),
)
measure_hour = Table(
    "measure_hour",
    metadata,
    Column("service", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("hour", Time, primary_key=True),
    Column("median", Float, nullable=False),
    Index("ix_measure_hour_hour", "hour"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """The last value of a measure of a service; policies use it until `fresh_until`."""

    service: str
    measure: str
    value: float
    at: datetime
    fresh_until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One value of a series. `usual`: nothing was out of bounds then, so it counts for what is normal."""

    at: datetime
    value: float
    usual: bool


def put(
    conn: Connection, service: str, values: Mapping[str, float], at: datetime, fresh_until: datetime
) -> None:
    """These are the last values now; one that was measured later stays."""
    for measure, value in values.items():
        new = {"value": value, "at": at, "fresh_until": fresh_until}
        statement = insert(conn, measured).values(service=service, measure=measure, **new)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=["service", "measure"], set_=new, where=measured.c.at <= at
            )
        )


def fresh(conn: Connection, service: str, now: datetime) -> dict[str, float]:
    """The values of a service that policies may still use."""
    rows = conn.execute(
        select(measured.c.measure, measured.c.value).where(
            measured.c.service == service, measured.c.fresh_until >= now
        )
    )
    return {row.measure: row.value for row in rows}


def latest(conn: Connection, service: str) -> list[Measured]:
    """The last value of each measure of a service, by name, however old."""
    rows = conn.execute(select(measured).where(measured.c.service == service).order_by(measured.c.measure))
    return [
        Measured(
            service=row.service,
            measure=row.measure,
            value=row.value,
            at=row.at,
            fresh_until=row.fresh_until,
        )
        for row in rows
    ]


def add_point(conn: Connection, service: str, series: str, point: Point) -> None:
    """One more value; a second one of the same moment takes the place of the first."""
    values = {"value": point.value, "usual": point.usual}
    statement = insert(conn, measure_point).values(service=service, series=series, at=point.at, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["service", "series", "at"], set_=values))


def points(conn: Connection, service: str, series: str, since: datetime) -> list[Point]:
    """The values after that moment, oldest first."""
    rows = conn.execute(
        select(measure_point.c.at, measure_point.c.value, measure_point.c.usual)
        .where(
            measure_point.c.service == service, measure_point.c.series == series, measure_point.c.at > since
        )
        .order_by(measure_point.c.at)
    )
    return [Point(at=row.at, value=row.value, usual=row.usual) for row in rows]


def hours(conn: Connection, service: str, series: str) -> list[tuple[datetime, float]]:
    """The median of each hour that is remembered, oldest first."""
    rows = conn.execute(
        select(measure_hour.c.hour, measure_hour.c.median)
        .where(measure_hour.c.service == service, measure_hour.c.series == series)
        .order_by(measure_hour.c.hour)
    )
    return [(row.hour, row.median) for row in rows]


def sum_up(conn: Connection, series: Iterable[tuple[str, str]], now: datetime) -> None:
    """Writes the median of the last whole hour of each (service, series), of the values that were usual."""
    end = now.replace(minute=0, second=0, microsecond=0)
    for service, name in series:
        usual = [
            each.value for each in points(conn, service, name, end - HOUR) if each.usual and each.at < end
        ]
        if usual:
            row = {"hour": end - HOUR, "median": statistics.median(usual)}
            statement = insert(conn, measure_hour).values(service=service, series=name, **row)
            conn.execute(statement.on_conflict_do_nothing(index_elements=["service", "series", "hour"]))


def forget(conn: Connection, now: datetime) -> None:
    """Drops the points of more than a day ago, the hours of more than a fortnight, and last values as old."""
    conn.execute(delete(measure_point).where(measure_point.c.at < now - POINTS_KEPT))
    conn.execute(delete(measure_hour).where(measure_hour.c.hour < now - HOURS_KEPT))
    conn.execute(delete(measured).where(measured.c.at < now - HOURS_KEPT))
