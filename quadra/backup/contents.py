"""What goes into a backup, and where it lies."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from quadra.settings import Settings

SETTINGS_FILE = ".env.backup"
LOGS_OF_SECONDS = 7 * 86_400.0
_DEPTH = 5


def model_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Give the field's saved versions and the state of its training."""
    yield from _files("models", settings.models_dir)


def state_files(settings: Settings, database: Path | None) -> Iterator[tuple[str, Path]]:
    """Give what lies in DATA_DIR beside the database: secrets and what detection has learned."""
    for name, path in _files("dashboard_state", settings.data_dir):
        if database is None or not path.name.startswith(database.name):
            yield name, path


def log_files(settings: Settings, now: float) -> Iterator[tuple[str, Path]]:
    """Give the logs that were written to in the last week."""
    for name, path in _files("logs", settings.logs_dir):
        if path.stat().st_mtime > now - LOGS_OF_SECONDS:
            yield name, path


def rule_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Give the alert rules of RULES_DIR."""
    if settings.rules_dir is not None:
        yield from _files("rules", settings.rules_dir, _DEPTH)


def shown_settings(settings: Settings) -> bytes:
    """Write the settings in force as a shell reads them, with secrets masked."""
    lines = ["# The settings in force when this backup was made. Secrets are masked."]
    lines += [f"{name}={shlex.quote(value)}" for name, value in settings.masked().items() if value]
    return ("\n".join(lines) + "\n").encode()


def _files(top: str, folder: Path, depth: int = 1) -> Iterator[tuple[str, Path]]:
    """Give regular files, not those that are hidden: they are still being written."""
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for path in entries:
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir() and depth > 1:
            yield from _files(f"{top}/{path.name}", path, depth - 1)
        elif path.is_file():
            yield f"{top}/{path.name}", path
