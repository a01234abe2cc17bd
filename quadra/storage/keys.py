"""The secrets that Quadra makes for itself: each in a file of its own that only its owner reads."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from quadra.errors import SettingsError
from quadra.settings import Settings


def secret_key_of(settings: Settings) -> str:
    """Give the installation's secret key: that of the settings, or the one kept in DATA_DIR."""
    return settings.secret_key or kept_secret(
        settings.data_dir / "secret-key", lambda: secrets.token_hex(32)
    )


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """Read a secret from its file, or make it and keep it there with mode 0600."""
    try:
        with contextlib.suppress(FileNotFoundError):
            kept = path.read_text(encoding="utf-8").strip()
            if kept:
                return kept
        # Several processes may start at once: the first that has written it whole wins.
        fresh = path.with_name(f".{path.name}-{os.getpid()}")
        write_secret(fresh, make())
        try:
            os.link(fresh, path)
        except FileExistsError:
            if not path.read_text(encoding="utf-8").strip():
                fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"DATA_DIR: can't keep {path.name} in {path.parent} ({error.strerror})."
        raise SettingsError(msg) from error


def write_secret(path: Path, secret: str) -> None:
    """Write a secret so that no other user can read it at any moment."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(secret + "\n")
