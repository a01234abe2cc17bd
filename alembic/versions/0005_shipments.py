"""How far the journal is shipped to HISTORY_URL."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "shipments",
        sa.Column("follower", sa.String(length=40), nullable=False),
        sa.Column(
            "sent", sa.LargeBinary(), nullable=False, comment="newest time sent of each series id"
        ),
        sa.Column(
            "newest_dropped",
            sa.BigInteger(),
            nullable=False,
            comment="unix ms, of samples not here",
        ),
        sa.Column(
            "refused", sa.BigInteger(), nullable=False, comment="samples the store would not take"
        ),
        sa.Column(
            "trouble", sa.Text(), nullable=False, comment="what stands in the way, if anything"
        ),
        sa.Column("trouble_since", sa.Float(), nullable=True, comment="unix seconds"),
        sa.PrimaryKeyConstraint("follower", name=op.f("pk_shipments")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("shipments")
