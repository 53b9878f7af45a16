"""The ledger: what is kept of alerts that are long over.

Revision 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_alert_event_waiting", table_name="alert_event")
    op.add_column("alert_event", sa.Column("lane", sa.Text(), nullable=False, server_default=""))
    op.drop_index("ix_alert_event_new", table_name="alert_event")
    op.create_index(
        "ix_alert_event_lane",
        "alert_event",
        ["lane", "seq"],
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_table(
        "alert_day",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "service", "name", name="pk_alert_day"),
    )
