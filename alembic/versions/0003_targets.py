"""Scrape targets that were made through the API."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "targets",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(length=16), nullable=False, comment="of its series `up`"
        ),
        sa.Column("scheme", sa.String(length=5), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="with the query"),
        sa.Column("labels", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("interval", sa.Float(), nullable=False, comment="seconds"),
        sa.Column("timeout", sa.Float(), nullable=False, comment="seconds"),
        sa.Column("sample_limit", sa.Integer(), nullable=False),
        sa.Column("body_size_limit", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("label_limit", sa.Integer(), nullable=True),
        sa.Column("credential", sa.String(length=6), nullable=True, comment="bearer or basic"),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=True, comment="sent to the target as it is"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
        sa.UniqueConstraint("digest", name=op.f("uq_targets_digest")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("targets")
