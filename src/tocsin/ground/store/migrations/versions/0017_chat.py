"""Chat: what was heard, so that nothing is done twice, and the messages that are still to change.

Revision 0017.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Time

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_heard",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("at", Time(), nullable=False),
    )
    op.create_index("ix_chat_heard_at", "chat_heard", ["at"])
    op.create_table(
        "chat_shown",
        sa.Column("about", sa.Text(), primary_key=True),
        sa.Column("place", sa.Text(), primary_key=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
    )
