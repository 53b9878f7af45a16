"""Delivery: every attempt, what the provider said later, and replies.

Revision 0012.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("receipt", sa.Text()),
        sa.Column("delivered_at", Time()),
        sa.Column("code", sa.Text()),
        sa.Column("left_at", Time()),
        sa.Column("held_at", Time()),
        sa.Column("bundle", sa.Text()),
    ):
        op.add_column("delivery", column)
    for name, columns, where in (
        ("ix_delivery_receipt", ["receipt"], "receipt IS NOT NULL"),
        ("ix_delivery_code", ["code", "person"], "code IS NOT NULL"),
        ("ix_delivery_left_at", ["channel", "address", "left_at"], "left_at IS NOT NULL"),
        ("ix_delivery_bundle", ["bundle"], "bundle IS NOT NULL"),
        ("ix_delivery_sent_at", ["sent_at"], "sent_at IS NOT NULL"),
    ):
        op.create_index(
            name, "delivery", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("ended_at", Time()),
        sa.Column("outcome", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("retry_after", sa.Float()),
        sa.PrimaryKeyConstraint("delivery", "number", name="pk_delivery_attempt"),
    )
    op.create_index("ix_delivery_attempt_channel", "delivery_attempt", ["channel", "outcome", "ended_at"])
    op.create_table(
        "digest_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", Json(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digest_item"),
        sa.UniqueConstraint("key", name="uq_digest_item_key"),
    )
    op.create_index("ix_digest_item_page", "digest_item", ["page"])
