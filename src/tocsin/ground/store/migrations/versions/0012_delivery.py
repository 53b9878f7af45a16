"""Delivery: every attempt, what the provider said later, and replies.

Revision 0012.
"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
