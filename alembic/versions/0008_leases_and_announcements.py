"""Which process does what, and what processes tell each other."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False, comment="empty for nobody"),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="grows with every holder"),
        sa.Column("beat", sa.BigInteger(), nullable=False, comment="grows with every renewal"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        sa.UniqueConstraint("name", "epoch", name=op.f("uq_leases_name_epoch")),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.create_table(
        "announcements",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_announcements_at"), "announcements", ["at"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index(op.f("ix_announcements_at"), table_name="announcements")
    op.drop_table("announcements")
    op.drop_table("installation")
    op.drop_table("leases")
