"""Stakeholders: what was told to people outside, by whom, and when the next update was promised.

Revision 0015.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stakeholder_update",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audiences", Json(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("sent_at", Time(), nullable=False),
        sa.Column("next_at", Time()),
        sa.UniqueConstraint("key", name="uq_stakeholder_update_key"),
    )
    op.create_index("ix_stakeholder_update_incident", "stakeholder_update", ["incident", "sent_at"])
