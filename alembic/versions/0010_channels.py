"""Where people are told."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=10),
            nullable=False,
            comment="webhook, slack, email or apprise",
        ),
        sa.Column("url", sa.Text(), nullable=False, comment="may hold a secret"),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False, comment="api or settings"),
        sa.Column("sent", sa.Integer(), nullable=False, comment="deliveries"),
        sa.Column("failed", sa.Integer(), nullable=False, comment="deliveries"),
        sa.Column("retried", sa.Integer(), nullable=False, comment="tries"),
        sa.Column("sent_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("failed_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column(
            "error",
            sa.Text(),
            nullable=False,
            comment="of the latest delivery, empty if it was taken",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("name", name=op.f("uq_channels_name")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("channels")
