"""Settings in a file, for cron, which gives its programs none."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from quadra.settings import Settings, describe

# What backups read. Nobody's secret needs to lie in this file but the database's.
_WANTED = (
    "ENVIRONMENT", "DATA_DIR", "LOGS_DIR", "MODELS_DIR", "RULES_DIR", "DATABASE_URL", "BACKUP_DIR",
    "BACKUP_RETENTION", "BACKUP_ENCRYPT_TO", "BACKUP_IDENTITY",
)  # fmt: skip
_FOLDERS = ("DATA_DIR", "LOGS_DIR", "MODELS_DIR", "RULES_DIR", "BACKUP_DIR", "BACKUP_IDENTITY")


def write_env_file(path: Path, env: Mapping[str, str]) -> None:
    """Keep the settings in force that backups need, for their owner alone; folders as absolute."""
    settings = Settings.from_env(env)
    defaults = {name: default for name, default, _help in describe()}
    lines = ["# The settings that backups by cron use; made by scripts/setup_automated_backups.sh."]
    for name in _WANTED:
        value = env.get(name, "").strip() or defaults[name]
        if name == "DATABASE_URL":
            value = _absolute_url(settings)
        elif name in _FOLDERS and value:
            value = str(Path(value).expanduser().absolute())
        if value:
            lines.append(f"{name}={shlex.quote(value)}")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("\n".join(lines) + "\n")


def _absolute_url(settings: Settings) -> str:
    prefix = "sqlite:///"
    if not settings.database_url.startswith(prefix):
        return settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    return prefix + str(Path(settings.database_url.removeprefix(prefix)).absolute())
