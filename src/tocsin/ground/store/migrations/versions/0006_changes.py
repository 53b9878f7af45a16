"""Changes: deploys and the like, as they were told.

Revision 0006.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("first_seen", Time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
    )
    op.create_index("ix_change_newest", "change", ["at", "id"], unique=False)
    op.create_index("ix_change_service", "change", ["service", "at", "id"], unique=False)
    op.create_index(
        "ix_change_series",
        "change",
        ["key", "series", "at"],
        unique=False,
        sqlite_where=sa.text("series != ''"),
        postgresql_where=sa.text("series != ''"),
    )
