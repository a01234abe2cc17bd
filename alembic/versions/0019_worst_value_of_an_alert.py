"""The worst value of an alert is kept."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    comment = "its worst value; null where none was kept"
    op.add_column("alerts", sa.Column("peak", sa.Float(), comment=comment))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("alerts") as batch:
        batch.drop_column("peak")
