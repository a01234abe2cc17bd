"""Which token brought a series; what sources note for themselves in the commit of their samples."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column(
        "series",
        sa.Column(
            "token_id", sa.Integer(), nullable=True, comment="of the token that brought it first"
        ),
    )
    op.create_table(
        "memos",
        sa.Column("key", sa.LargeBinary(length=17), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_memos")),
    )
    op.create_index(op.f("ix_memos_kept_at"), "memos", ["kept_at"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index(op.f("ix_memos_kept_at"), table_name="memos")
    op.drop_table("memos")
    op.drop_column("series", "token_id")
