"""Secrets that earlier versions kept in the audit log, such as tokens of targets, are taken out."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_AUDIT = sa.table("audit", sa.column("id", sa.BigInteger), sa.column("detail", sa.Text))
_NAMES = {"current", "url", "basic_auth", "authorization"}
_WORDS = ("password", "secret", "token", "credential", "api_key")
_AT_ONCE = 1_000


def upgrade() -> None:
    """Go to this revision."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # Without it the file keeps what these rows held, until something else is written there.
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    suspicious = sa.or_(*(_AUDIT.c.detail.icontains(word) for word in (*_NAMES, *_WORDS)))
    asked = sa.select(_AUDIT).where(suspicious).order_by(_AUDIT.c.id).limit(_AT_ONCE)
    changed = (
        _AUDIT.update().where(_AUDIT.c.id == sa.bindparam("row")).values(detail=sa.bindparam("now"))
    )
    last = -1
    while rows := connection.execute(asked.where(_AUDIT.c.id > last)).all():
        last = rows[-1].id
        cleaned = [{"row": row.id, "now": _cleaned(row.detail)} for row in rows]
        differing = [
            one for one, row in zip(cleaned, rows, strict=True) if one["now"] != row.detail
        ]
        if differing:
            connection.execute(changed, differing)


def downgrade() -> None:
    """Go back to the revision before: what was taken out is not put back."""


def _cleaned(detail: str) -> str:
    kept = json.loads(detail)
    without = _without_secrets(kept)
    return detail if without == kept else json.dumps(without, ensure_ascii=False)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: "…" if _is_secret(n) else _without_secrets(one) for n, one in value.items()}
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return lower in _NAMES or any(word in lower for word in _WORDS)
