"""Runs: what the run keeps of pauses, scores and comparisons.

Revision 0018.
"""

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
