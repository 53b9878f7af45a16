"""Folding: silences, maintenance windows, why an alert paged or not.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "silence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matchers", Json(), nullable=False),
        sa.Column("starts_at", Time(), nullable=False),
        sa.Column("ends_at", Time(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("annotations", Json(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.Column("acts", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
    )
    op.create_index("ix_silence_ends_at", "silence", ["ends_at"])
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("services", Json(), nullable=False),
        sa.Column("matchers", Json(), nullable=False),
        sa.Column("starts_at", Time(), nullable=False),
        sa.Column("ends_at", Time(), nullable=False),
        sa.Column("recurs", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.Column("over_at", Time()),
        sa.Column("cut", Json(), nullable=False),
        sa.Column("acts", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_maintenance"),
    )
    op.create_index("ix_maintenance_over_at", "maintenance", ["over_at"])
    op.create_table(
        "folding",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("n", number, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_folding"),
    )
    op.create_table(
        "alert_hold",
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("until", Time()),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("alert", "kind", "by", name="pk_alert_hold"),
    )
    op.create_index("ix_alert_hold_until", "alert_hold", ["until"])
    op.create_index("ix_alert_hold_by", "alert_hold", ["kind", "by"])
    op.create_table(
        "inhibitor",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("equal", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("also_target", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "equal", "alert", name="pk_inhibitor"),
    )
    op.create_index("ix_inhibitor_alert", "inhibitor", ["alert"])
    op.create_table(
        "alert_flap",
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.Column("changed_at", Time(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alert", name="pk_alert_flap"),
    )
    op.create_table(
        "alert_trace",
        sa.Column("seq", number, nullable=False, autoincrement=True),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("steps", Json(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_alert_trace"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_trace_alert", "alert_trace", ["alert", "seq"])
    op.create_table(
        "incident_fold",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("titled", sa.Integer(), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column("cleared", sa.Integer(), nullable=False),
        sa.Column("rules", Json(), nullable=False),
        sa.Column("told_alerts", sa.Integer(), nullable=False),
        sa.Column("told_cleared", sa.Integer(), nullable=False),
        sa.Column("told_rules", sa.Integer(), nullable=False),
        sa.Column("told_at", Time()),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_incident_fold"),
    )
    op.create_table(
        "incident_hush",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_incident_hush"),
    )
    op.create_index("ix_incident_hush_since", "incident_hush", ["since"])
