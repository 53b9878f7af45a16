"""The people in the room: who was asked to take a role over.

Revision 0014.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

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
