"""What a setting may say: readers, each of a text; a ValueError says what to write in its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from quadra.durations import parse_duration
from quadra.sizes import parse_budget

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_RATE = re.compile(r"\d+ ?(per|/) ?\d* ?(second|minute|hour|day)s?", re.IGNORECASE)
_REDIS = re.compile(r"rediss?://([^@/\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^@:/\s?#]+)(:\d{1,5})?(/\d*)?")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^@:/\s]+)(:\d{1,5})?")
_SHARE = re.compile(r"[1-9]\d{0,7}|([1-9]\d?|100)%")

_SHORTEST_KEPT_S = 3_600.0
_SHORTEST_DEADMAN_S, _LONGEST_DEADMAN_S = 10.0, 86_400.0
MIN_TOKEN_LENGTH = 16
MAX_TOKEN_LENGTH = 512


def text(value: str) -> str:
    """Take it as it stands."""
    return value


def path(value: str) -> Path:
    """A path; ``~`` is the home of whoever runs Quadra."""
    return Path(value).expanduser()


def roles(value: str) -> tuple[tuple[str, str], ...]:
    """``VALUE=role`` by comma."""
    pairs = [one.rpartition("=") for one in value.split(",") if one.strip()]
    found = tuple((name.strip(), role.strip()) for name, _, role in pairs)
    if not all(name and role in ("viewer", "editor", "admin") for name, role in found):
        raise ValueError("use VALUE=viewer, VALUE=editor or VALUE=admin, by comma")
    return found


def flag(value: str) -> bool:
    """True or false, or what usually stands for them."""
    lowered = value.lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    msg = "use true or false"
    raise ValueError(msg)


def items(value: str) -> tuple[str, ...]:
    """Words by comma."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def number(low: int, high: int) -> Callable[[str], int]:
    """Make a reader of whole numbers within bounds."""

    def parse(value: str) -> int:
        if not value.strip().isdecimal() or not low <= int(value) <= high:
            msg = f"use a whole number from {low} to {high}"
            raise ValueError(msg)
        return int(value)

    return parse


def share(value: str) -> str:
    """A whole number from 1, or a share such as ``90%``."""
    if not _SHARE.fullmatch(value):
        msg = 'use a whole number from 1, or a share like "90%"'
        raise ValueError(msg)
    return value


def choice(*allowed: str) -> Callable[[str], str]:
    """Make a reader of one of these words."""

    def parse(value: str) -> str:
        if value not in allowed:
            msg = f"use one of {', '.join(allowed)}"
            raise ValueError(msg)
        return value

    return parse


def span(value: str) -> float:
    """A duration after which somebody is told: 10s to 1d, 0 for never."""
    seconds = parse_duration(value)
    if seconds and not _SHORTEST_DEADMAN_S <= seconds <= _LONGEST_DEADMAN_S:
        msg = "use 10s to 1d, or 0 for never"
        raise ValueError(msg)
    return seconds


def kept_for(value: str) -> float | None:
    """A duration for which something is kept: at least 1h; None for ever."""
    seconds = parse_duration(value)
    if not seconds:
        return None
    if seconds < _SHORTEST_KEPT_S:
        msg = "use at least 1h, or 0 for never"
        raise ValueError(msg)
    return seconds


def disk_budget(value: str) -> str:
    """A size or a share of the disk."""
    parse_budget(value.strip())
    return value.strip()


def token(value: str) -> str:
    """A token, or nothing."""
    if value and not MIN_TOKEN_LENGTH <= len(value) <= MAX_TOKEN_LENGTH:
        msg = f"use {MIN_TOKEN_LENGTH} to {MAX_TOKEN_LENGTH} characters"
        raise ValueError(msg)
    return value


def level(value: str) -> str:
    """A level of the log."""
    return choice("DEBUG", "INFO", "WARNING", "ERROR")(value.upper())


def rate(value: str) -> str:
    """A rate limit in words."""
    if not _RATE.fullmatch(value.strip()):
        msg = 'write it like "10 per minute"'
        raise ValueError(msg)
    return value.strip()


def database(value: str) -> str:
    """A database's URL, with the driver that is used."""
    if value.startswith("postgres://"):
        value = "postgresql://" + value.removeprefix("postgres://")
    if value.startswith("postgresql://"):
        value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        msg = "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        raise ValueError(msg)
    return value


def web_address(value: str) -> str:
    """An http(s) address without question and fragment, or nothing."""
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        good = good and not (parts.query or parts.fragment)
    except ValueError:
        good = False
    if not good or not value.isascii() or not value.isprintable() or " " in value:
        msg = "use http://HOST:PORT/PATH or https://…, without ? and #"
        raise ValueError(msg)
    return value


def recipient(value: str) -> str:
    """Whom backups are encrypted for."""
    if value.startswith("-") or not value.isprintable():
        msg = "use an age recipient (age1…, ssh-…) or the name of a GPG key"
        raise ValueError(msg)
    return value


def header(value: str) -> str:
    """Text that fits into an HTTP header."""
    if not (value.isascii() and value.isprintable()):
        msg = "use printable ASCII characters"
        raise ValueError(msg)
    return value


def redis(value: str) -> str:
    """A Redis URL, or nothing."""
    if value and not _REDIS.fullmatch(value):
        msg = "use redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS"
        raise ValueError(msg)
    return value


def hosts(value: str) -> tuple[str, ...]:
    """``HOST:PORT`` by comma."""
    hosts = items(value)
    for host in hosts:
        if not _HOST.fullmatch(host):
            msg = "write each as HOST:PORT, by comma"
            raise ValueError(msg)
    return hosts
