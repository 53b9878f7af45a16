"""Drills of incidents: what was broken, and how it went.

Revision 0023.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exercise",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("begun_at", Time()),
        sa.Column("ended_at", Time()),
        sa.Column("incident", sa.Text()),
        sa.Column("run", sa.Text()),
        sa.Column("runbook", sa.Text(), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("marks", Json(), nullable=False),
    )
    op.create_index("ix_exercise_created_at", "exercise", ["created_at"])
    under_way = sa.text("state IN ('wanted', 'breaking', 'watching')")
    op.create_index(
        "uq_exercise_under_way",
        "exercise",
        ["service"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
