"""Settings that are kept in a file, such as ``.env``, and not given with each command."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import MutableMapping
from pathlib import Path

from quadra.errors import SettingsError

NAME = "ENV_FILE"
DEFAULT = Path(__file__).resolve().parents[1] / ".env"

# Quoted as in a shell, where # begins a comment only behind a space.
_LINE = re.compile(
    r"(?:export\s+)?([A-Z][A-Z0-9_]*)="
    r"((?:'[^']*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\"])*)"
    r"(?:\s+#.*)?"
)


def read_env_file(path: Path, named: str) -> dict[str, str]:
    """Read NAME=value lines, quoted as in a shell; nothing is run.

    Raises SettingsError, which begins with ``named``, when it can't be read; what the file says is
    never shown.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        words = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(f"{named}: {path} can't be read ({words}).") from None
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        matched = _LINE.fullmatch(line.strip())
        if matched is None:
            msg = f"{named}: line {number} of {path} is not NAME=value; quote what holds spaces."
            raise SettingsError(msg)
        found[matched[1]] = "".join(shlex.split(matched[2]))
    return found


def load_env_file(env: MutableMapping[str, str] = os.environ) -> None:
    """Add what ENV_FILE says, or ``.env`` beside app.py, to the environment, which wins.

    Raises SettingsError when it can't be read; a ``.env`` need not be there.
    """
    named = env.get(NAME, "").strip()
    if named or DEFAULT.is_file():
        for name, value in read_env_file(Path(named) if named else DEFAULT, NAME).items():
            env.setdefault(name, value)
