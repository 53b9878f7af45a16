"""Escalation: what a policy asks beyond steps, and each person's own rules.

Revision 0011.
"""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
