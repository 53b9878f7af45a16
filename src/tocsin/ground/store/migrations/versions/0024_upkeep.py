"""Upkeep: messages about no incident, by age, so that the old ones are found and forgotten.

Revision 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    about_none = sa.text("incident IS NULL")
    op.create_index(
        "ix_delivery_due_at", "delivery", ["due_at"], sqlite_where=about_none, postgresql_where=about_none
    )
