"""Watch: what each process does, drills, and what the auditor found.

Revision 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("boot", sa.Column("role", sa.Text(), nullable=False, server_default="all"))
