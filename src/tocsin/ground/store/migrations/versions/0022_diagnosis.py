"""Diagnosis: bundles and what they found.

Revision 0022.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diagnosis",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("incident", sa.Text()),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("under_way", sa.Text()),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Time(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.Column("ended_at", Time()),
        sa.Column("findings", Json()),
        sa.UniqueConstraint("under_way", name="uq_diagnosis_under_way"),
    )
    op.create_index("ix_diagnosis_newest", "diagnosis", ["asked_at", "id"])
    op.create_index("ix_diagnosis_incident", "diagnosis", ["incident", "asked_at"])
    op.create_table(
        "diagnosis_part",
        sa.Column("diagnosis", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean()),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("asked_at", Time()),
        sa.Column("ended_at", Time()),
    )
