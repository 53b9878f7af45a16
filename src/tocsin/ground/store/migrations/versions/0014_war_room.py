"""War rooms: where they are, what was told in them and heard from them; and who was asked to take a role over.

Revision 0014.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident_handover",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("taker", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Time(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", Time()),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_incident_handover_incident", "incident_handover", ["incident"])
    op.create_index(
        "uq_incident_handover_asked",
        "incident_handover",
        ["incident", "role"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "war_room",
        sa.Column("incident", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("room", sa.Text()),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("summary_seen", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Integer(), nullable=False),
        sa.Column("invited", Json(), nullable=False),
        sa.Column("stirred", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("opened_at", Time()),
        sa.Column("next_at", Time()),
        sa.Column("leased_until", Time()),
        sa.UniqueConstraint("name", name="uq_war_room_name"),
        sa.UniqueConstraint("room", name="uq_war_room_room"),
    )
    op.create_index("ix_war_room_next_at", "war_room", ["next_at"])
    op.create_table(
        "war_room_line",
        sa.Column("incident", sa.Text(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("told", sa.Integer(), nullable=False),
    )
    op.create_table(
        "war_room_message",
        sa.Column("room", sa.Text(), primary_key=True),
        sa.Column("ts", sa.Text(), primary_key=True),
        sa.Column("at", Time(), nullable=False),
    )
