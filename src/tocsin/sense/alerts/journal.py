"""What was answered in a storm, and is not yet in the tables? The senders' words, kept in the order of arrival.

A row of an alert touches eight indexes; a message written down as it is touches one page after the other. So while
alerts pour in, the ledger writes what it was told here, answers, and brings the tables up to date behind it. A row
goes away in the transaction that carries it into the tables; what a process that died has left is carried over at the
next start, before anything else is heard. On SQLite alone, where the ledger's memory is the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
)

from tocsin.ground.store import metadata
from tocsin.sense.alerts.signal import Sender, Signal

alert_journal = Table(
    "alert_journal",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("said", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


class _Signal(msgspec.Struct, array_like=True, frozen=True, gc=False):
    labels: dict[str, str]
    annotations: dict[str, str]
    resolved: bool
    starts_at: datetime | None
    ends_at: datetime | None
    fades: bool
    value: float | None
    url: str
    dedup_key: str | None
    flags: tuple[str, ...]


class _Words(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    source: str
    service: str | None
    now: datetime
    signals: list[_Signal]


class Said(NamedTuple):
    """One message: what it said, who said it, and when it was received."""

    signals: Sequence[Signal]
    sender: Sender
    now: datetime


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - whatever mapping a source made
    raise TypeError(f"a signal holds no {type(value).__name__}")


_encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
_decode = msgspec.msgpack.Decoder(list[_Words]).decode


def words(messages: Iterable[Said]) -> bytes:
    """The messages as one text. Raises UnicodeEncodeError for what no database takes either."""
    return _encode(
        [
            (
                sender.key,
                sender.source,
                sender.service,
                now,
                [
                    (
                        each.labels,
                        each.annotations,
                        each.resolved,
                        each.starts_at,
                        each.ends_at,
                        each.fades,
                        each.value,
                        each.url,
                        each.dedup_key,
                        each.flags,
                    )
                    for each in signals
                ],
            )
            for signals, sender, now in messages
        ]
    )


def keep(conn: Connection, said: bytes) -> int:
    """Writes down what `words` made; returns its place in the journal."""
    done = conn.execute(insert(alert_journal).values(said=said).returning(alert_journal.c.seq))
    return done.scalar_one()


def carried_over(conn: Connection, seq: int) -> None:
    """The tables say now what this row said."""
    conn.execute(delete(alert_journal).where(alert_journal.c.seq == seq))


def left_behind(conn: Connection) -> list[int]:
    """The rows that the tables do not know yet, in the order of arrival."""
    return list(conn.scalars(select(alert_journal.c.seq).order_by(alert_journal.c.seq)))


def read(conn: Connection, seq: int) -> Iterator[Said]:
    """The messages of one row."""
    said = conn.scalar(select(alert_journal.c.said).where(alert_journal.c.seq == seq))
    for each in _decode(said) if said is not None else ():
        yield Said(
            signals=[
                Signal(**{name: getattr(signal, name) for name in _Signal.__struct_fields__})
                for signal in each.signals
            ],
            sender=Sender(key=each.key, source=each.source, service=each.service),
            now=each.now,
        )


def count(conn: Connection) -> int:
    """How many rows wait to be carried over."""
    return conn.scalar(select(func.count()).select_from(alert_journal)) or 0
