"""What happened, in one list."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "happenings",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False, comment="of its key"),
        sa.Column("at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False, comment="empty for none"),
        sa.Column("labels", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column(
            "ref", sa.String(length=100), nullable=False, comment="alert, anomaly or version"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happenings")),
        sa.UniqueConstraint("digest", name=op.f("uq_happenings_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_happenings_at"), "happenings", ["at"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index(op.f("ix_happenings_at"), table_name="happenings")
    op.drop_table("happenings")
