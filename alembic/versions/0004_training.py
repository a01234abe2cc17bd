"""What is asked of the field's training, and how it does."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "training_errands",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("asked_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("answer", sa.Text(), nullable=True, comment="JSON object, once it is done"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_errands")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "training",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("state", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("reported_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("training")
    op.drop_table("training_errands")
