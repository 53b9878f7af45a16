"""Reality: how an incident turned out, what people call an alert, and what came of each rule in each incident.

Revision 0008.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("outcome", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "alert_mark",
        sa.Column("alert", sa.Text(), primary_key=True),
        sa.Column("episode", sa.Integer(), primary_key=True),
        sa.Column("by", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text()),
        sa.Column("at", Time(), nullable=False),
    )
    op.create_index("ix_alert_mark_at", "alert_mark", ["at"])
    op.create_index("ix_alert_mark_incident", "alert_mark", ["incident"])
    op.create_table(
        "rule_incident",
        sa.Column("incident", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("paged", sa.Boolean(), nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("acted", sa.Boolean(), nullable=False),
        sa.Column("short", sa.Boolean(), nullable=False),
        sa.Column("flapping", sa.Boolean(), nullable=False),
        sa.Column("false_alarm", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
    )
    op.create_index(
        "ix_rule_incident_sums",
        "rule_incident",
        [
            "service",
            "name",
            "at",
            "fired",
            "paged",
            "acknowledged",
            "acted",
            "short",
            "flapping",
            "false_alarm",
            "mark",
        ],
    )
