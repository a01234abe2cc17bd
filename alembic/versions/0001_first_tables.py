"""The first tables: journal, series, positions, tokens, sessions, sign-in codes."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "journal",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("committed_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("first_t", sa.BigInteger(), nullable=False, comment="oldest sample, unix ms"),
        sa.Column("last_t", sa.BigInteger(), nullable=False, comment="newest sample, unix ms"),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column(
            "columns",
            sa.LargeBinary(),
            nullable=False,
            comment="quadra.telemetry.packing",
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_journal_last_t_first_t"), "journal", ["last_t", "first_t"])

    op.create_table(
        "positions",
        sa.Column("follower", sa.String(length=40), nullable=False),
        sa.Column(
            "seq",
            sa.BigInteger(),
            nullable=False,
            comment="journal position it has reached",
        ),
        sa.PrimaryKeyConstraint("follower", name=op.f("pk_positions")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("first_t", sa.BigInteger(), nullable=False, comment="unix ms"),
        sa.Column("last_t", sa.BigInteger(), nullable=False, comment="unix ms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("digest", name=op.f("uq_series_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sign_in_codes",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256"),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("used_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_codes")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256"),
        sa.Column("scopes", sa.String(length=100), nullable=False, comment="by space"),
        sa.Column(
            "purpose",
            sa.String(length=20),
            nullable=True,
            comment="for the tokens that Quadra makes itself",
        ),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("expires_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("revoked_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
        sa.UniqueConstraint("purpose", name=op.f("uq_tokens_purpose")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the cookie",
        ),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("expires_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["tokens.id"],
            name=op.f("fk_sessions_token_id_tokens"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("sessions")
    op.drop_table("tokens")
    op.drop_table("sign_in_codes")
    op.drop_table("series")
    op.drop_table("positions")
    op.drop_table("journal")
