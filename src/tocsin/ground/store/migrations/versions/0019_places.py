"""Places: the errands of labelled workers; approvals by several, with each vote, and what the text will see.

Revision 0019.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("run", sa.Text(), primary_key=True),
        sa.Column("step", sa.Text(), primary_key=True),
        sa.Column("attempt", sa.Integer(), primary_key=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text()),
        sa.Column("wanted_at", Time(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
    )
    is_open = sa.text("state IN ('wanted', 'claimed')")
    op.create_index("ix_errand_open", "errand", ["label"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "vote",
        sa.Column("approval", sa.Text(), primary_key=True),
        sa.Column("voter", sa.Text(), primary_key=True),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
    )
    op.add_column("approval", sa.Column("quorum", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("approval", sa.Column("inputs", Json(), nullable=False, server_default="{}"))
    op.add_column("approval", sa.Column("place", sa.Text(), nullable=False, server_default=""))
