"""What does chat remember? What it has heard, so that nothing is done twice, and its messages that may still change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Table, Text, delete, select, update

from tocsin.ground.store import Time, insert, metadata

heard = Table(
    "chat_heard",
    metadata,
    Column("key", Text, primary_key=True),  # of an envelope, an event, or a signed request
    Column("at", Time, nullable=False),
    Index("ix_chat_heard_at", "at"),
)

shown = Table(
    "chat_shown",
    metadata,
    Column("about", Text, primary_key=True),  # a delivery, or a request for approval
    Column("place", Text, primary_key=True),  # CHANNEL, or CHANNEL/TIME of the message once it is posted
    Column(
        "said", Text, nullable=False
    ),  # what became of it, as the message tells; empty: it still has buttons
    Column("at", Time, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A message in Slack: what it is about, where it is, and what it says became of that."""

    about: str
    place: str
    said: str


def first(conn: Connection, key: str, at: datetime, *, forget: datetime) -> bool:
    """Whether this is heard for the first time; what is older than `forget` is forgotten."""
    conn.execute(delete(heard).where(heard.c.at < forget))
    written = conn.execute(
        insert(conn, heard)
        .values(key=key, at=at)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(heard.c.key)
    )
    return written.first() is not None


def of(conn: Connection, about: Sequence[str]) -> dict[str, list[Shown]]:
    """The messages about each of these."""
    found: dict[str, list[Shown]] = {}
    for row in conn.execute(select(shown).where(shown.c.about.in_(about)).order_by(shown.c.place)):
        found.setdefault(row.about, []).append(Shown(about=row.about, place=row.place, said=row.said))
    return found


def claim(conn: Connection, about: str, place: str, at: datetime) -> bool:
    """Writes down that a message is about to be posted there; False when somebody else does or did."""
    written = conn.execute(
        insert(conn, shown)
        .values(about=about, place=place, said="", at=at)
        .on_conflict_do_nothing(index_elements=["about", "place"])
        .returning(shown.c.about)
    )
    return written.first() is not None


def posted(conn: Connection, about: str, place: str, receipt: str) -> None:
    """It is there: from now on its place is that of the message."""
    conn.execute(update(shown).where(shown.c.about == about, shown.c.place == place).values(place=receipt))


def tells(conn: Connection, about: str, place: str, said: str, at: datetime) -> None:
    """What the message says by now."""
    values = {"said": said, "at": at}
    conn.execute(
        insert(conn, shown)
        .values(about=about, place=place, **values)
        .on_conflict_do_update(index_elements=["about", "place"], set_=values)
    )
