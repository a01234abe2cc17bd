"""Boards: views of charts that people keep."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "boards",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("view", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("deleted_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boards")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_boards_name"), "boards", ["name"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index(op.f("ix_boards_name"), table_name="boards")
    op.drop_table("boards")
