"""Addresses and secrets of channels are sealed; a starting Quadra seals those that are there."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from quadra.settings import Settings
from quadra.storage.keys import secret_key_of
from quadra.storage.vault import SealedElsewhereError, Vault

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COMMENTS = (
    ("url", "may hold a secret", "quadra.storage.vault"),
    ("secret", None, "quadra.storage.vault; may be empty"),
)
_CHANNELS = sa.table("channels", *map(sa.column, ("id", "name", "kind", "url", "secret")))


def upgrade() -> None:
    """Go to this revision."""
    for name, before, now in _COMMENTS:
        _say(name, now, before)


def downgrade() -> None:
    """Go back to the revision before: what is sealed is opened, with the settings' secret key."""
    for name, before, now in _COMMENTS:
        _say(name, before, now)
    connection = op.get_bind()
    vault: Vault | None = None
    for row in connection.execute(sa.select(_CHANNELS)).all():
        if not Vault.is_sealed(row.url) and not Vault.is_sealed(row.secret):
            continue
        vault = vault or Vault(secret_key_of(Settings.from_env()).encode())
        purpose = f"channel {row.kind} {row.name}"
        try:
            url = vault.open(row.url, purpose)
            secret = vault.open(row.secret, f"{purpose} {url}")
        except SealedElsewhereError:
            msg = (
                f"Channel {row.name!r} is sealed with another SECRET_KEY: set that one, or remove "
                "the channel, and go back then."
            )
            raise RuntimeError(msg) from None
        opened = _CHANNELS.update().where(_CHANNELS.c.id == row.id)
        connection.execute(opened.values(url=url, secret=secret))


def _say(name: str, now: str | None, before: str | None) -> None:
    """Say in the database what a column holds; SQLite keeps no comments."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(
            "channels", name, comment=now, existing_comment=before, existing_type=sa.Text()
        )
