"""Places: where steps run, and approvals by several.

Revision 0019.
"""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
