"""Rollups, and a checksum beside each chunk."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "rollups",
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False, comment="ms a cell"),
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "first_t", sa.BigInteger(), nullable=False, comment="begin of its window, unix ms"
        ),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="quadra.telemetry.blocks"),
        sa.Column("checksum", sa.BigInteger(), nullable=False, comment="CRC-32 of data"),
        sa.PrimaryKeyConstraint("step", "series_id", "first_t", name=op.f("pk_rollups")),
    )
    op.create_index(op.f("ix_rollups_step_first_t"), "rollups", ["step", "first_t"])
    op.create_table(
        "minutes",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "since",
            sa.BigInteger(),
            nullable=False,
            comment="unix ms: has cells of minutes from here",
        ),
        sa.PrimaryKeyConstraint("series_id", name=op.f("pk_minutes")),
    )
    op.add_column(
        "chunks",
        sa.Column(
            "checksum",
            sa.BigInteger(),
            nullable=True,
            comment="CRC-32; none on chunks of earlier versions",
        ),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_column("chunks", "checksum")
    op.drop_table("minutes")
    op.drop_table("rollups")
