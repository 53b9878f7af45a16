"""Sources: what a key of a kind was told.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("key", sa.Column("settings", Json(), nullable=False, server_default="{}"))
