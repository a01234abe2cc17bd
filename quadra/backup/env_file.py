"""Settings in a file, for cron, which gives its programs none."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from quadra.errors import SettingsError
from quadra.settings import Settings, describe

# What backups read. Nobody's secret needs to lie in this file but the database's.
_WANTED = (
    "ENVIRONMENT", "DATA_DIR", "LOGS_DIR", "MODELS_DIR", "RULES_DIR", "DATABASE_URL", "BACKUP_DIR",
    "BACKUP_RETENTION", "BACKUP_ENCRYPT_TO", "BACKUP_IDENTITY",
)  # fmt: skip
_FOLDERS = ("DATA_DIR", "LOGS_DIR", "MODELS_DIR", "RULES_DIR", "BACKUP_DIR", "BACKUP_IDENTITY")
_LINE = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)")


def read_env_file(path: Path) -> dict[str, str]:
    """Read NAME=value lines, quoted as in a shell; nothing is run. Raises SettingsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--env-file: {path} can't be read ({error}).") from None
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        matched = _LINE.fullmatch(line.strip())
        try:
            words = shlex.split(matched[2], comments=True) if matched else []
        except ValueError:
            matched, words = None, []
        if matched is None or len(words) > 1:
            raise SettingsError(f"--env-file: line {number} of {path} is not NAME=value.")
        found[matched[1]] = words[0] if words else ""
    return found


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
