"""Heartbeats: who has to call, and when they last did.

Revision 0005.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("period_s", sa.Float(), nullable=True),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("grace_s", sa.Float(), nullable=False),
        sa.Column("max_runtime_s", sa.Float(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("labels", Json(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("pings", sa.Integer(), nullable=False),
        sa.Column("last_ping", Time(), nullable=True),
        sa.Column("last_kind", sa.Text(), nullable=False),
        sa.Column("last_duration_s", sa.Float(), nullable=True),
        sa.Column("exit_status", sa.Integer(), nullable=True),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("running", Json(), nullable=False),
        sa.Column("due_at", Time(), nullable=True),
        sa.Column("check_at", Time(), nullable=True),
        sa.Column("excused", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat"),
        sa.UniqueConstraint("uuid", name="uq_heartbeat_uuid"),
        sa.UniqueConstraint("owner", "slug", name="uq_heartbeat_owner_slug"),
    )
    op.create_index("ix_heartbeat_slug", "heartbeat", ["slug"])
    op.create_index(
        "ix_heartbeat_check",
        "heartbeat",
        ["check_at"],
        sqlite_where=sa.text("check_at IS NOT NULL"),
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_heartbeat_untold",
        "heartbeat",
        ["id"],
        sqlite_where=sa.text("version != told"),
        postgresql_where=sa.text("version != told"),
    )
    op.create_table(
        "heartbeat_ping",
        sa.Column("heartbeat", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("exit_status", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("heartbeat", "n", name="pk_heartbeat_ping"),
    )
