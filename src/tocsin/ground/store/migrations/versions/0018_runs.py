"""Runs: who leads one that was taken over.

Revision 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("lead", sa.Text(), nullable=False, server_default=""))
