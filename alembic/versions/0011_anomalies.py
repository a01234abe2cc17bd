"""Anomaly events, what people say of them, and how closely series are watched."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "anomalies",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key", sa.String(length=40), nullable=False, comment="series and beginning"),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("started_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("ended_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("peak", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False, comment="0 to 1"),
        sa.Column("detector", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("group_key", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=5), nullable=False, comment="right, wrong or empty"),
        sa.Column("judged_by", sa.String(length=100), nullable=False),
        sa.Column("judged_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomalies")),
        sa.UniqueConstraint("key", name=op.f("uq_anomalies_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_anomalies_started_at"), "anomalies", ["started_at"])
    op.create_index(op.f("ix_anomalies_series_id"), "anomalies", ["series_id"])
    op.create_table(
        "anomaly_tuning",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sensitivity", sa.Float(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", name=op.f("pk_anomaly_tuning")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("anomaly_tuning")
    op.drop_table("anomalies")
