"""Schedules: overrides made on a page, swaps, hand-overs and the notes to them.

Revision 0010.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oncall_override",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("starts_at", Time(), nullable=False),
        sa.Column("ends_at", Time(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("swap", sa.Text()),
        sa.Column("removed_by", sa.Text()),
        sa.Column("removed_at", Time()),
        sa.PrimaryKeyConstraint("id", name="pk_oncall_override"),
    )
    op.create_index("ix_oncall_override_ends_at", "oncall_override", ["ends_at"])
    op.create_table(
        "oncall_swap",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("taker", sa.Text(), nullable=False),
        sa.Column("starts_at", Time(), nullable=False),
        sa.Column("ends_at", Time(), nullable=False),
        sa.Column("back_starts_at", Time()),
        sa.Column("back_ends_at", Time()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Time(), nullable=False),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", Time()),
        sa.PrimaryKeyConstraint("id", name="pk_oncall_swap"),
    )
    op.create_index("ix_oncall_swap_state", "oncall_swap", ["state", "ends_at"])
    op.create_table(
        "oncall_handover",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("giver", sa.Text()),
        sa.Column("taker", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "at", name="pk_oncall_handover"),
    )
    op.create_table(
        "oncall_note",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oncall_note"),
    )
    op.create_index("ix_oncall_note_schedule", "oncall_note", ["schedule", "at"])
