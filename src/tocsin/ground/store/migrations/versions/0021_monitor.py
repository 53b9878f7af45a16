"""Monitors: what was measured last and of late, what is usual by the hour, and how each monitor stands.

Revision 0021.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = Time()
    op.create_table(
        "measured",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("measure", sa.Text(), primary_key=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("fresh_until", moment, nullable=False),
    )
    op.create_table(
        "measure_point",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("series", sa.Text(), primary_key=True),
        sa.Column("at", moment, primary_key=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("usual", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_measure_point_at", "measure_point", ["at"])
    op.create_table(
        "measure_hour",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("series", sa.Text(), primary_key=True),
        sa.Column("hour", moment, primary_key=True),
        sa.Column("median", sa.Float(), nullable=False),
    )
    op.create_index("ix_measure_hour_hour", "measure_hour", ["hour"])
    op.create_table(
        "monitor_state",
        sa.Column("monitor", sa.Text(), primary_key=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("breached", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("since", moment),
        sa.Column("ends", Json(), nullable=False),
        sa.Column("looked_at", moment, nullable=False),
        sa.Column("heard_at", moment),
        sa.Column("value", sa.Float()),
        sa.Column("normal", sa.Float()),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
    )
