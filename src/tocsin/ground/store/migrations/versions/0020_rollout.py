"""Rollouts: causes and versions as people judge them, roll backs, and what stands only for now.

Revision 0020.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repair_cause",
        sa.Column("incident", sa.Text(), primary_key=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "version_verdict",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("stable", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "rollback",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text()),
        sa.Column("from_version", sa.Text(), nullable=False),
        sa.Column("to_version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("run", sa.Text()),
        sa.Column("stages", Json(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("stage_at", Time(), nullable=False),
        sa.Column("ended_at", Time()),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_index("ix_rollback_newest", "rollback", ["started_at", "id"])
    op.create_index("ix_rollback_incident", "rollback", ["incident"])
    under_way = sa.text("state IN ('preparing', 'performing', 'verifying')")
    op.create_index(
        "ux_rollback_one",
        "rollback",
        ["service"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_table(
        "makeshift",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("began_at", Time(), nullable=False),
        sa.Column("due_at", Time(), nullable=False),
        sa.Column("nagged", sa.Integer(), nullable=False),
        sa.Column("back", Json()),
        sa.Column("run", sa.Text()),
        sa.Column("ended_at", Time()),
        sa.Column("ended_by", sa.Text()),
    )
    op.create_index("ix_makeshift_began", "makeshift", ["began_at", "id"])
    op.create_index("ix_makeshift_incident", "makeshift", ["incident"])
