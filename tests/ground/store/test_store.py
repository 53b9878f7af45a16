"""The door: what is answered is written, what fails takes nobody with it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from databases import on_postgres, on_sqlite
from sqlalchemy import Column, Connection, Integer, Table, Text, select, text
from sqlalchemy.exc import TimeoutError as NoConnection

from tocsin.ground.kernel.errors import Invalid, Unavailable
from tocsin.ground.store import Json, Store, Time, insert, metadata

thing = Table(
    "test_thing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, unique=True),
    Column("at", Time),
    Column("doc", Json),
)


def put(id_: int, **values: object):
    def job(conn: Connection) -> int:
        conn.execute(insert(conn, thing).values(id=id_, **values))
        return id_

    return job


def test_a_moment_and_a_document_come_back_as_they_went(store: Store):
    at = datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=UTC)
    store.write(put(1, name="mei", at=at, doc={"labels": {"a": "值班"}, "n": [1, None]}))
    with store.read() as conn:
        row = conn.execute(select(thing)).one()
    assert row.at == at
    assert row.at.tzinfo is UTC
    assert row.doc == {"labels": {"a": "值班"}, "n": [1, None]}


def test_a_time_without_a_zone_is_refused(store: Store):
    with pytest.raises(Exception, match="without a zone"):
        store.write(put(1, at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the mistake under test


def test_a_job_that_fails_takes_no_neighbour_with_it(store: Store):
    failures: list[Exception] = []
    gate = threading.Barrier(20)

    def one(number: int) -> None:
        gate.wait()
        try:
            if number % 5 == 0:

                def broken(conn: Connection) -> None:
                    put(number)(conn)
                    raise Invalid("no")

                store.write(broken)
            else:
                store.write(put(number))
        except Invalid as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        ids = set(conn.scalars(select(thing.c.id)))
    assert ids == {number for number in range(20) if number % 5}
    assert len(failures) == 4


def test_a_job_alone_that_fails_leaves_nothing_and_the_next_is_written(store: Store):
    def broken(conn: Connection) -> None:
        put(1)(conn)
        conn.execute(select(thing.c.id))  # a cursor that nobody reads to its end
        raise Invalid("no")

    for _ in range(3):
        with pytest.raises(Invalid):
            store.write(broken)
    store.write(put(2))
    with store.read() as conn:
        assert conn.scalars(select(thing.c.id)).all() == [2]


def test_an_upsert_repeats_without_harm(store: Store):
    for _ in range(2):
        store.write(
            lambda conn: conn.execute(
                insert(conn, thing).values(id=1, name="a").on_conflict_do_nothing(index_elements=["id"])
            )
        )
    with store.read() as conn:
        assert conn.scalar(select(thing.c.name)) == "a"


@on_sqlite
def test_a_job_that_writes_through_the_door_again_is_told_so(store: Store):
    with pytest.raises(RuntimeError, match="pass its connection on"):
        store.write(lambda conn: store.write(put(1)))


@on_sqlite
def test_what_is_on_the_disk_is_synced_before_the_answer(store: Store):
    with store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@on_postgres
def test_a_database_that_goes_away_or_takes_no_writes_is_unavailable_and_no_fault_of_ours(store: Store):
    with pytest.raises(Unavailable), store.read() as conn:
        conn.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    def on_a_standby(conn: Connection) -> None:
        conn.execute(text("set transaction read only"))
        put(1)(conn)

    with pytest.raises(Unavailable):
        store.write(on_a_standby)
    assert store.write(put(1)) == 1


def test_a_read_that_gets_no_connection_says_so(store: Store, monkeypatch: pytest.MonkeyPatch):
    def taken() -> None:
        raise NoConnection("every connection is taken")

    monkeypatch.setattr(store.engine, "connect", taken)
    with pytest.raises(Unavailable), store.read():
        pytest.fail("it was read all the same")
