"""The ledger: what is kept of alerts that are long over.

Revision 0009.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_alert_event_waiting", table_name="alert_event")
