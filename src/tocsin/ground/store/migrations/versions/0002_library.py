"""The library of runbooks: reviews, calls for review, what a look at the preconditions found; runs by their runbook.

Revision 0002.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runbook_review",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("reviewed_at", Time(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runbook_review"),
    )
    op.create_index("ix_runbook_review_path", "runbook_review", ["path", "reviewed_at"])
    op.create_table(
        "review_call",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_call"),
    )
    op.create_index("ix_review_call_at", "review_call", ["at"])
    op.create_table(
        "runbook_check",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("path", "kind", "subject", name="pk_runbook_check"),
    )
    op.create_index("ix_run_path", "run", ["path", "created_at"])
