"""Watch: what each process does, drills, and what the auditor found.

Revision 0013.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("boot", sa.Column("role", sa.Text(), nullable=False, server_default="all"))
    moment = Time()
    op.create_table(
        "watch_finding",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("ended_at", moment),
    )
    open_ = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_watch_finding_open",
        "watch_finding",
        ["part", "place"],
        unique=True,
        sqlite_where=open_,
        postgresql_where=open_,
    )
    op.create_index("ix_watch_finding_began_at", "watch_finding", ["began_at"])
    op.create_table(
        "watch_look",
        sa.Column("boot", sa.Text(), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
    )
    op.create_table(
        "page_latency",
        sa.Column("delivery", sa.Text(), primary_key=True),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("sent_at", moment, nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
    )
    op.create_index("ix_page_latency_sent_at", "page_latency", ["sent_at"])
    op.create_table(
        "drill",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("arrived_at", moment),
        sa.Column("channel", sa.Text()),
    )
    op.create_index("ix_drill_schedule", "drill", ["schedule", "asked_at"])
