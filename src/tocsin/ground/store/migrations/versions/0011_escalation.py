"""Escalation: what a policy asks beyond steps, and each person's own rules.

Revision 0011.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_rules",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("rules", Json(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Time(), nullable=False),
    )
    # What is under way when this comes keeps to what it had: no mentions, no limit of an acknowledgement.
    op.add_column("escalation", sa.Column("urgency", sa.Text(), nullable=False, server_default="critical"))
    op.add_column("escalation", sa.Column("mentions", Json(), nullable=False, server_default="[]"))
    op.add_column("escalation", sa.Column("acknowledge_s", sa.Integer()))
