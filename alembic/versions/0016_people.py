"""People with roles, sessions of theirs, and who did what by hand."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


_BEFORE = "sent to the target as it is"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False, comment="of the name, case apart"),
        sa.Column("role", sa.String(length=10), nullable=False, comment="viewer, editor or admin"),
        sa.Column("password", sa.String(length=200), nullable=False, comment="Argon2id; or empty"),
        sa.Column("subject", sa.String(length=600), nullable=True, comment="issuer and sub"),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("changed_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("disabled_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("signed_in_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("key", name=op.f("uq_users_key")),
        sa.UniqueConstraint("subject", name=op.f("uq_users_subject")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="user, token, command"),
        sa.Column("action", sa.String(length=300), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False, comment="as in HTTP"),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="JSON object"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    _say_of_secrets("quadra.storage.vault; sent to the target as it was given", _BEFORE)
    kept = _sessions()
    op.drop_index(op.f("ix_sessions_expires_at"), table_name="sessions")
    op.drop_table("sessions")
    made = op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="of the cookie"),
        sa.Column("token_id", sa.Integer(), nullable=True, comment="who signed in by one"),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("expires_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["tokens.id"],
            name=op.f("fk_sessions_token_id_tokens"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"])
    if kept:
        op.bulk_insert(made, [{**one, "address": "", "agent": ""} for one in kept])


def downgrade() -> None:
    """Go back to the revision before; sessions of people end."""
    _say_of_secrets(_BEFORE, "quadra.storage.vault; sent to the target as it was given")
    kept = [one for one in _sessions() if one["token_id"] is not None]
    op.drop_index(op.f("ix_sessions_expires_at"), table_name="sessions")
    op.drop_table("sessions")
    made = op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
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
    if kept:
        op.bulk_insert(made, kept)
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("users")


def _sessions() -> list[dict[str, object]]:
    table = sa.table(
        "sessions", *(sa.column(c) for c in ("digest", "token_id", "created_at", "expires_at"))
    )
    return [dict(row) for row in op.get_bind().execute(sa.select(table)).mappings()]


def _say_of_secrets(now: str, before: str) -> None:
    """Say in the database what the secrets of targets are; SQLite keeps no comments."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(
            "targets", "secret", comment=now, existing_comment=before, existing_type=sa.Text()
        )
