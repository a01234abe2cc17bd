"""Alerts that other programs have judged."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "external_alerts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(length=16), nullable=False, comment="of name and labels"
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False, comment="JSON object, without the name"),
        sa.Column("annotations", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("ends_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column(
            "revision", sa.BigInteger(), nullable=False, comment="grows with each change of any"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_alerts")),
        sa.UniqueConstraint("digest", name=op.f("uq_external_alerts_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_external_alerts_revision"), "external_alerts", ["revision"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index(op.f("ix_external_alerts_revision"), table_name="external_alerts")
    op.drop_table("external_alerts")
