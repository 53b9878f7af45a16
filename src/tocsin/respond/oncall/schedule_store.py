"""How are changes of a schedule kept? Overrides and swaps that people made, and the notes of hand-overs."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from tocsin.ground.store import Time, metadata

override = Table(
    "oncall_override",
    metadata,
    Column("id", Text, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("place", Integer, nullable=False),  # among those of one swap, made at the same time
    Column("swap", Text),
    Column("removed_by", Text),
    Column("removed_at", Time),
    Index("ix_oncall_override_ends_at", "ends_at"),
)

swap = Table(
    "oncall_swap",
    metadata,
    Column("id", Text, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("giver", Text, nullable=False),
    Column("taker", Text, nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("back_starts_at", Time),
    Column("back_ends_at", Time),
    Column("note", Text, nullable=False),
    Column("state", Text, nullable=False),  # asked | accepted | declined | cancelled
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Time, nullable=False),
    Column("answered_by", Text),
    Column("answered_at", Time),
    Index("ix_oncall_swap_state", "state", "ends_at"),
)

handover = Table(
    "oncall_handover",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("at", Time, primary_key=True),
    Column("giver", Text),
    Column("taker", Text),
    Column("text", Text, nullable=False),
    Column("written_at", Time, nullable=False),
)

note = Table(
    "oncall_note",
    metadata,
    Column("id", Text, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_oncall_note_schedule", "schedule", "at"),
)
