"""What the worker counts."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "figures",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("state", sa.Text(), nullable=False, comment="JSON, see quadra.engine.figures"),
        sa.Column("kept_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("figures")
