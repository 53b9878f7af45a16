"""What waits until somebody is awake anyway? Messages that wake nobody, gathered into one for each person."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from tocsin.ground.store import Json, Time, metadata

digest_item = Table(
    "digest_item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("page", Text, nullable=False),  # of the digest that it will leave with
    Column("person", Text, nullable=False),
    Column("incident", Text),
    Column("reason", Text, nullable=False),  # why it wakes nobody
    Column("message", Json, nullable=False),
    Column("at", Time, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Index("ix_digest_item_page", "page"),
)
