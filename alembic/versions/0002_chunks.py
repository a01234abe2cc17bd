"""Sealed chunks, and what senders say of their metrics."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "chunks",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("first_t", sa.BigInteger(), nullable=False, comment="unix ms"),
        sa.Column("last_t", sa.BigInteger(), nullable=False, comment="unix ms"),
        sa.Column(
            "step", sa.BigInteger(), nullable=False, comment="ms between samples, 0 when irregular"
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=False, comment="quadra.telemetry.chunks"),
        sa.Column("values", sa.LargeBinary(), nullable=False, comment="quadra.telemetry.chunks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunks")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "descriptions",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=False),
        sa.Column("help", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_descriptions")),
    )
    op.create_index(op.f("ix_chunks_series_id_last_t"), "chunks", ["series_id", "last_t"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("descriptions")
    op.drop_table("chunks")
