"""What backups are called: ``full_backup_20251221_030000.tar.gz``, times in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

Kind = Literal["models", "database", "full"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SUM_SUFFIX = ".sha256"

_STEMS: dict[Kind, str] = {
    "models": "models_backup",
    "database": "db_backup",
    "full": "full_backup",
}
_KIND_OF = {stem: kind for kind, stem in _STEMS.items()}
_FORM = "%Y%m%d_%H%M%S"
_NAME = re.compile(r"(models_backup|db_backup|full_backup)_(\d{8}_\d{6})\.tar\.gz(\.age|\.gpg)?")


@dataclass(frozen=True, slots=True)
class BackupName:
    """A name taken apart; ``at`` in unix seconds, ``cipher`` is age, gpg or empty."""

    name: str
    kind: Kind
    at: float
    cipher: str


def name_of(kind: Kind, at: float, cipher: str = "") -> str:
    """Give the name of a backup made at ``at`` (unix seconds)."""
    suffix = f".{cipher}" if cipher else ""
    return f"{_STEMS[kind]}_{datetime.fromtimestamp(at, UTC):{_FORM}}.tar.gz{suffix}"


def parse_name(name: str) -> BackupName | None:
    """Take a file's name apart; None when it is not a backup's."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[2], _FORM).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return BackupName(name, _KIND_OF[found[1]], at, (found[3] or "")[1:])
